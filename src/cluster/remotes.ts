import type { RemoteChange, RemoteEndpoint } from "../contracts/cluster.ts";
import type { Entry, News } from "../contracts/cluster-store.ts";
import type { RemoteAddress } from "../contracts/forwarding.ts";
import type { NameRecord } from "../contracts/names.ts";
import { leaf } from "./keys.ts";
import { type EndpointRecord, type HostRecord, read } from "./records.ts";

/** What the remote endpoints' hosts are, as far as this view needs to know. */
export interface HostFacts {
  record(id: string): HostRecord | undefined;
  isLive(id: string): boolean;
}

/** Whether addresses of encrypted networks lie behind tunnel addresses. */
export type VtepOf = (host: HostRecord) => string;

/**
 * Endpoints of other hosts on one network, as the store's news tell of them, and what the kernel and the DNS have been
 * told. An endpoint counts while its host has a record of the same epoch; its names while the host's lease lives.
 */
export class Remotes {
  readonly #self: string;
  readonly #hosts: HostFacts;
  readonly #vtepOf: VtepOf;
  readonly #records = new Map<string, EndpointRecord>();
  readonly #byHost = new Map<string, Set<string>>();
  readonly #told = new Map<string, RemoteAddress>();
  /** How many of those have a MAC: an endpoint with two addresses has one. */
  readonly #macs = new Map<string, number>();
  readonly #named = new Map<string, NameRecord>();
  #heard = false;
  readonly #onUnreadable: (error: unknown) => void;

  constructor(parts: { self: string; hosts: HostFacts; vtepOf: VtepOf; onUnreadable: (error: unknown) => void }) {
    this.#self = parts.self;
    this.#hosts = parts.hosts;
    this.#vtepOf = parts.vtepOf;
    this.#onUnreadable = parts.onUnreadable;
  }

  /** Takes news in; returns how what counts has changed, undefined: not at all. */
  take(news: News): RemoteChange | undefined {
    if (news.kind !== "snapshot" && news.kind !== "changes") return undefined;
    const touched = new Set<string>();
    if (news.kind === "changes") for (const key of news.deletes) touched.add(leaf(key));
    else for (const address of this.#missingFrom(news.entries)) touched.add(address);
    for (const address of touched) this.#forget(address);
    for (const entry of news.kind === "snapshot" ? news.entries : news.puts) {
      const address = leaf(entry.key); // one string for all maps: each new one is hashed anew
      try {
        this.#put(address, read<EndpointRecord>(entry));
        touched.add(address);
      } catch (error) {
        this.#onUnreadable(error);
      }
    }
    this.#heard = true;
    return this.#settle(touched, news.kind === "snapshot");
  }

  /** Hosts came, went, or moved. */
  review(hostIds: Iterable<string>): RemoteChange | undefined {
    const touched = new Set<string>();
    for (const id of hostIds) for (const address of this.#byHost.get(id) ?? []) touched.add(address);
    return this.#settle(touched);
  }

  /** Everything that counts; undefined before the first news. */
  get addresses(): RemoteAddress[] | undefined {
    return this.#heard ? [...this.#told.values()] : undefined;
  }

  get endpoints(): RemoteEndpoint[] {
    const found = new Map<string, RemoteEndpoint>();
    for (const address of this.#told.keys()) {
      const record = this.#records.get(address);
      if (!record) continue;
      const { host, epoch: _epoch, ...endpoint } = record;
      found.set(endpoint.endpointId, { ...endpoint, hostId: host });
    }
    return [...found.values()];
  }

  /** What is known and not among all there is. */
  #missingFrom(entries: readonly Entry[]): string[] {
    if (this.#records.size === 0) return [];
    const here = new Set(entries.map(({ key }) => leaf(key)));
    return [...this.#records.keys()].filter((address) => !here.has(address));
  }

  #put(address: string, record: EndpointRecord): void {
    if (this.#records.get(address)?.host !== record.host) {
      this.#forget(address);
      const of = this.#byHost.get(record.host);
      if (of) of.add(address);
      else this.#byHost.set(record.host, new Set([address]));
    }
    this.#records.set(address, record);
  }

  #forget(address: string): void {
    const record = this.#records.get(address);
    if (!record) return;
    this.#records.delete(address);
    const of = this.#byHost.get(record.host);
    of?.delete(address);
    if (of?.size === 0) this.#byHost.delete(record.host);
  }

  #settle(touched: ReadonlySet<string>, whole = false): RemoteChange | undefined {
    const put: RemoteAddress[] = [];
    const drop: RemoteAddress[] = [];
    const names = new Map<string, NameRecord | undefined>();
    for (const address of touched) {
      const [before, after] = [this.#told.get(address), this.#counting(address)];
      const old = this.#named.get(address);
      if (old) names.set(old.endpointId, names.get(old.endpointId));
      if (after) {
        if (!same(before, after.remote)) put.push(after.remote);
        this.#tell(address, before, after.remote);
      } else if (before) {
        drop.push(before);
        this.#tell(address, before, undefined);
      }
      this.#name(address, after?.name, names);
    }
    const publish = [...names.values()].filter((record) => record !== undefined);
    const withdraw = [...names].flatMap(([id, record]) => (record ? [] : [id]));
    if (!whole && put.length + drop.length + publish.length + withdraw.length === 0) return undefined;
    const macs = new Set(drop.flatMap(({ mac }) => (this.#macs.has(mac) ? [mac] : [])));
    return { whole, put, drop, macs, publish, withdraw };
  }

  #tell(address: string, before: RemoteAddress | undefined, after: RemoteAddress | undefined): void {
    if (before?.mac !== after?.mac) {
      if (before) this.#countMac(before.mac, -1);
      if (after) this.#countMac(after.mac, 1);
    }
    if (after) this.#told.set(address, after);
    else this.#told.delete(address);
  }

  #countMac(mac: string, by: number): void {
    const count = (this.#macs.get(mac) ?? 0) + by;
    if (count > 0) this.#macs.set(mac, count);
    else this.#macs.delete(mac);
  }

  /** Publishes what is new or different; what stays as it is takes its id off the list of those to withdraw. */
  #name(address: string, record: NameRecord | undefined, names: Map<string, NameRecord | undefined>): void {
    const before = this.#named.get(address);
    if (!record) {
      this.#named.delete(address);
      return;
    }
    this.#named.set(address, record);
    const isAsBefore = before !== undefined && sameName(before, record);
    if (isAsBefore && names.get(record.endpointId) === undefined) names.delete(record.endpointId);
    else names.set(record.endpointId, record);
  }

  #counting(address: string): { remote: RemoteAddress; name?: NameRecord } | undefined {
    const record = this.#records.get(address);
    if (!record || record.host === this.#self) return undefined;
    const host = this.#hosts.record(record.host);
    if (!host || host.epoch !== record.epoch) return undefined;
    const vtep = this.#vtepOf(host);
    if (vtep === "") return undefined;
    const remote = { address, mac: record.mac, vtep };
    return this.#hosts.isLive(host.id) ? { remote, name: nameOf(record) } : { remote };
  }
}

const same = (a: RemoteAddress | undefined, b: RemoteAddress): boolean => a?.mac === b.mac && a.vtep === b.vtep;

const sameName = (a: NameRecord, b: NameRecord): boolean =>
  a.endpointId === b.endpointId &&
  a.networkId === b.networkId &&
  a.ipv4 === b.ipv4 &&
  a.ipv6 === b.ipv6 &&
  a.names.length === b.names.length &&
  a.names.every((name, index) => name === b.names[index]);

const nameOf = ({ endpointId, networkId, names, ipv4, ipv6 }: EndpointRecord): NameRecord => ({
  endpointId,
  networkId,
  names,
  ...(ipv4 === undefined ? {} : { ipv4 }),
  ...(ipv6 === undefined ? {} : { ipv6 }),
});
