import type { Ip } from "../base/ip.ts";
import type { NameRecord } from "../contracts/names.ts";
import { addressOctets, parseAddress, reverseKey } from "./address.ts";
import { nameKey } from "./wire/name.ts";

/** What one name stands for on one network. */
export interface Addresses {
  readonly ipv4: readonly Uint8Array[];
  readonly ipv6: readonly Uint8Array[];
}

interface Member {
  readonly ipv4: Uint8Array | undefined;
  readonly ipv6: Uint8Array | undefined;
}

/** A name of a network; several containers may share it. The lists of addresses are made when first asked for. */
class Entry implements Addresses {
  readonly members = new Map<string, Member>();
  #ipv4: readonly Uint8Array[] | undefined;
  #ipv6: readonly Uint8Array[] | undefined;

  get ipv4(): readonly Uint8Array[] {
    this.#ipv4 ??= [...this.members.values()].flatMap(({ ipv4 }) => ipv4 ?? []);
    return this.#ipv4;
  }
  get ipv6(): readonly Uint8Array[] {
    this.#ipv6 ??= [...this.members.values()].flatMap(({ ipv6 }) => ipv6 ?? []);
    return this.#ipv6;
  }
  set(endpointId: string, member: Member): void {
    this.members.set(endpointId, member);
    this.changed();
  }
  remove(endpointId: string): void {
    this.members.delete(endpointId);
    this.changed();
  }
  private changed(): void {
    this.#ipv4 = undefined;
    this.#ipv6 = undefined;
  }
}

/** The names of one network. */
class NetworkNames {
  readonly entries = new Map<string, Entry>();
  /** Reverse name's key to the endpoint's first name. */
  readonly reverse = new Map<string, { readonly endpointId: string; readonly name: string }>();
}

/** All names of all networks, in memory. Names that have no wire form are left out: no question can have them. */
export class Zone {
  readonly #networks = new Map<string, NetworkNames>();
  readonly #records = new Map<string, NameRecord>();
  /** Reverse names of addresses that are ours, on whatever network: how many endpoints have each. */
  readonly #owned = new Map<string, number>();

  /** Adds a record, in place of what the endpoint had. */
  publish(record: NameRecord): void {
    this.withdraw(record.endpointId);
    this.#records.set(record.endpointId, record);
    const network = this.#networks.get(record.networkId) ?? new NetworkNames();
    this.#networks.set(record.networkId, network);
    const member = memberOf(record);
    for (const key of keysOf(record)) {
      const entry = network.entries.get(key) ?? new Entry();
      network.entries.set(key, entry);
      entry.set(record.endpointId, member);
    }
    for (const key of addressesOf(record).map(reverseKey)) {
      network.reverse.set(key, { endpointId: record.endpointId, name: record.names[0] ?? "" });
      this.#owned.set(key, (this.#owned.get(key) ?? 0) + 1);
    }
  }

  /** Idempotent. */
  withdraw(endpointId: string): void {
    const record = this.#records.get(endpointId);
    const network = record && this.#networks.get(record.networkId);
    if (!record || !network) return;
    this.#records.delete(endpointId);
    for (const key of keysOf(record)) {
      const entry = network.entries.get(key);
      entry?.remove(endpointId);
      if (entry?.members.size === 0) network.entries.delete(key);
    }
    for (const key of addressesOf(record).map(reverseKey)) {
      if (network.reverse.get(key)?.endpointId === endpointId) network.reverse.delete(key);
      this.#disown(key);
    }
    if (network.entries.size === 0 && network.reverse.size === 0) this.#networks.delete(record.networkId);
  }

  find(networkId: string, key: string): Addresses | undefined {
    return this.#networks.get(networkId)?.entries.get(key);
  }

  /** Name of the endpoint that has the address of a reverse name. */
  findReverse(networkId: string, key: string): string | undefined {
    return this.#networks.get(networkId)?.reverse.get(key)?.name;
  }

  /** Whether the address of a reverse name belongs to an endpoint of any network. */
  owns(reverse: string): boolean {
    return this.#owned.has(reverse);
  }

  #disown(key: string): void {
    const count = this.#owned.get(key) ?? 0;
    if (count > 1) this.#owned.set(key, count - 1);
    else this.#owned.delete(key);
  }
}

const keysOf = (record: NameRecord): Set<string> => new Set(record.names.flatMap((name) => nameKey(name) ?? []));

const addressesOf = (record: NameRecord): Ip[] =>
  [record.ipv4, record.ipv6].flatMap((text) => parseAddress(text) ?? []);

function memberOf(record: NameRecord): Member {
  const [ipv4, ipv6] = [record.ipv4, record.ipv6].map(parseAddress);
  return { ipv4: ipv4 && addressOctets(ipv4), ipv6: ipv6 && addressOctets(ipv6) };
}
