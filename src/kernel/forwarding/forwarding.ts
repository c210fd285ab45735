import { invalid } from "../../base/errors.ts";
import type { Forwarding, ForwardingState, RemoteAddress } from "../../contracts/forwarding.ts";
import { decodeAddress } from "../netlink/ip-address.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import { ForwardingChannel } from "./channel.ts";
import { MessageWriter } from "./messages.ts";
import { keyOf, readEntries, readNeighbours, type Table } from "./table.ts";
import { macText, writeAddress, writeMac } from "./text.ts";

/** ENOENT: no such entry or neighbour. */
const gone = ["ENOENT"];

/**
 * Remote endpoints in the tables of VXLAN devices. A forwarding entry is one a MAC, a neighbour one an address: the
 * addresses of an endpoint share its MAC.
 */
export class HostForwarding implements Forwarding, Disposable {
  readonly #channel: ForwardingChannel;

  /** Takes a route socket of the host's namespace that nobody else uses, and closes it in the end. */
  constructor(socket: NetlinkSocket) {
    this.#channel = new ForwardingChannel(socket);
  }

  put(device: string, addresses: readonly RemoteAddress[]): void {
    const writer = new MessageWriter(this.#channel.ifIndex(device));
    const entries = [...byMac(addresses)];
    for (const [mac, vtep] of entries) writer.putEntry(mac, vtep);
    for (const { address, mac } of addresses) writer.putNeighbour(address, mac);
    this.#channel.send(writer.chunks(), (message) => {
      const [mac, vtep] = entries[message] ?? [];
      if (mac !== undefined) return `put forwarding entry of ${mac} behind ${vtep} on ${device}`;
      const { address, mac: neighbour } = addresses[message - entries.length] as RemoteAddress;
      return `put neighbour ${address} with ${neighbour} on ${device}`;
    });
  }

  drop(device: string, addresses: readonly RemoteAddress[], keep?: ReadonlySet<string>): void {
    const writer = new MessageWriter(this.#channel.ifIndex(device));
    const entries = [...byMac(addresses)].filter(([mac]) => !keep?.has(mac));
    for (const { address } of addresses) writer.dropNeighbour(address);
    for (const [mac, vtep] of entries) writer.dropEntry(mac, vtep);
    const describe = (message: number) => {
      const neighbour = addresses[message];
      if (neighbour) return `drop neighbour ${neighbour.address} from ${device}`;
      return `drop forwarding entry of ${entries[message - addresses.length]?.[0]} from ${device}`;
    };
    this.#channel.send(writer.chunks(), describe, gone);
  }

  read(device: string): ForwardingState {
    const ifIndex = this.#channel.ifIndex(device);
    const fdb = ours(readEntries(this.#channel, ifIndex), macOf, addressOf);
    return { fdb, neighbours: ours(readNeighbours(this.#channel, ifIndex), addressOf, macOf) };
  }

  reconcile(device: string, wanted: readonly RemoteAddress[]): { put: number; dropped: number } {
    const ifIndex = this.#channel.ifIndex(device);
    const entries = compare(
      readEntries(this.#channel, ifIndex),
      [...byMac(wanted)].map(([mac, vtep]) => ({ key: macKey(mac), leadsTo: addressKey(vtep), of: [mac, vtep] })),
    );
    const neighbours = compare(
      readNeighbours(this.#channel, ifIndex),
      wanted.map(({ address, mac }) => ({ key: addressKey(address), leadsTo: macKey(mac), of: [address, mac] })),
    );
    const writer = new MessageWriter(ifIndex);
    // An entry of others keeps their mark and state when it is replaced: it makes room.
    for (const key of entries.inTheWay) writer.dropEntry(macOf(key));
    for (const [mac = "", vtep = ""] of entries.missing) writer.putEntry(mac, vtep);
    for (const [address = "", mac = ""] of neighbours.missing) writer.putNeighbour(address, mac);
    for (const [address] of neighbours.stale) writer.dropNeighbour(addressOf(address));
    for (const [mac, vtep] of entries.stale) writer.dropEntry(macOf(mac), addressOf(vtep));
    this.#channel.send(writer.chunks(), () => `reconcile forwarding of ${device}`, gone);
    return {
      put: entries.missing.length + neighbours.missing.length,
      dropped: entries.stale.length + neighbours.stale.length,
    };
  }

  [Symbol.dispose](): void {
    this.#channel[Symbol.dispose]();
  }
}

/** MAC to VTEP; of two that contradict each other the last. */
function byMac(addresses: readonly RemoteAddress[]): Map<string, string> {
  const entries = new Map<string, string>();
  for (const { mac, vtep } of addresses) entries.set(mac, vtep);
  return entries;
}

interface Wanted {
  readonly key: string;
  readonly leadsTo: string;
  /** The texts to put it with. */
  readonly of: readonly string[];
}

interface Comparison {
  readonly missing: readonly (readonly string[])[];
  /** Ours and not wanted: key and where it leads to. */
  readonly stale: readonly (readonly [string, string])[];
  /** Keys of what others have in the place of something wanted. */
  readonly inTheWay: readonly string[];
}

/** What is right is left alone, whoever made it: a daemon that restarts changes nothing. */
function compare(found: Table, wanted: readonly Wanted[]): Comparison {
  const missing: (readonly string[])[] = [];
  const inTheWay: string[] = [];
  const keys = new Set<string>();
  for (const { key, leadsTo, of } of wanted) {
    keys.add(key);
    const row = found.get(key);
    if (row?.permanent && row.leadsTo === leadsTo) continue;
    if (row && !row.ours) inTheWay.push(key);
    missing.push(of);
  }
  const stale: [string, string][] = [];
  for (const [key, row] of found) if (row.ours && !keys.has(key)) stale.push([key, row.leadsTo]);
  return { missing, stale, inTheWay };
}

const scratch = Buffer.alloc(16);

function macKey(mac: string): string {
  if (!writeMac(scratch, 0, mac)) throw invalid("MAC address", `"${mac}" of a remote endpoint`);
  return keyOf(scratch, 0, 6);
}

const addressKey = (address: string): string => keyOf(scratch, 0, writeAddress(scratch, 0, address));

const macOf = (key: string): string => macText(Buffer.from(key, "latin1"), 0);
const addressOf = (key: string): string => decodeAddress(Buffer.from(key, "latin1"));

function ours(table: Table, left: (key: string) => string, right: (key: string) => string): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, row] of table) if (row.ours) found.set(left(key), right(row.leadsTo));
  return found;
}
