import { cidrOf, containsIp, overlaps } from "../../../base/cidr.ts";
import { ipOf } from "../../../base/ip.ts";
import type { ClusterStore, Entry, News } from "../../../contracts/cluster-store.ts";
import type { Network } from "../../../model/network.ts";
import { keys } from "../../keys.ts";
import { vniOf } from "../../networks.ts";
import { type EndpointRecord, type HostRecord, type NetworkRecord, read, type SlotRecord } from "../../records.ts";
import { PoolSlots } from "../../slots.ts";

/**
 * The store at one revision, and what must hold of it at each:
 *
 * 1. a slot is that of a network that is there, and the single addresses in it are its own;
 * 2. an endpoint that counts (its host has a record of its epoch) has an address that is its host's by the slots;
 * 3. name and VNI of every network lead to it and to nothing else, and subnets do not overlap;
 * 4. a VTEP is one host's.
 *
 * That an address is in one slot, and that a slot names one owner for it, is in the shape of the keys.
 */
export class StoreState {
  readonly entries = new Map<string, Entry>();
  revision = 0;

  take(news: News): void {
    if (news.kind !== "snapshot" && news.kind !== "changes") return;
    if (news.kind === "snapshot") this.entries.clear();
    for (const entry of news.kind === "snapshot" ? news.entries : news.puts) this.entries.set(entry.key, entry);
    for (const key of news.kind === "snapshot" ? [] : news.deletes) this.entries.delete(key);
    this.revision = news.revision;
  }

  below(prefix: string): Entry[] {
    return [...this.entries.values()].filter(({ key }) => key.startsWith(prefix));
  }

  host(id: string): HostRecord | undefined {
    const entry = this.entries.get(keys.host(id));
    return entry && read<HostRecord>(entry);
  }

  get hosts(): HostRecord[] {
    return this.below(keys.hosts).map((entry) => read<HostRecord>(entry));
  }

  network(id: string): NetworkRecord | undefined {
    const entry = this.entries.get(keys.network(id));
    return entry && read<NetworkRecord>(entry);
  }

  get networks(): Network[] {
    return this.below(keys.networks).map((entry) => read<NetworkRecord>(entry).network);
  }

  /** Endpoints that count, by key. */
  get endpoints(): [key: string, record: EndpointRecord][] {
    return this.below("endpoints/")
      .map((entry): [string, EndpointRecord] => [entry.key, read<EndpointRecord>(entry)])
      .filter(([, { host, epoch }]) => this.host(host)?.epoch === epoch);
  }

  /** Whose an address is by the slots. */
  ownerOf({ id, pools }: Network, address: string): string | undefined {
    const ip = ipOf(address);
    const pool = pools.find(({ subnet }) => containsIp(cidrOf(subnet), ip));
    if (!pool) return undefined;
    const slots = new PoolSlots(pool);
    const entry = this.entries.get(keys.slot(id, ip.family, slots.slotOf(ip.value)));
    if (!entry) return undefined;
    const record = read<SlotRecord>(entry);
    return "host" in record ? record.host : record.singles[address];
  }

  /** What does not hold, in sentences. */
  faults(): string[] {
    return [...this.#slotFaults(), ...this.#endpointFaults(), ...this.#networkFaults(), ...this.#hostFaults()];
  }

  #slotFaults(): string[] {
    return this.below("slots/").flatMap((entry) => {
      const [, id = "", , slot] = entry.key.split("/");
      const network = this.network(id)?.network;
      if (!network) return [`${entry.key} is there, its network is not`];
      const record = read<SlotRecord>(entry);
      if ("host" in record) return [];
      const strays = Object.keys(record.singles).filter((address) => !isIn(network, address, BigInt(`0x${slot}`)));
      return strays.map((address) => `${entry.key} has ${address}, which is not in it`);
    });
  }

  #endpointFaults(): string[] {
    return this.endpoints.flatMap(([key, { networkId, host }]) => {
      const network = this.network(networkId)?.network;
      if (!network) return [`${key} counts, its network is not there`];
      const owner = this.ownerOf(network, key.slice(key.lastIndexOf("/") + 1));
      return owner === host ? [] : [`${key} counts and is host ${host.slice(0, 4)}'s, its address ${whose(owner)}`];
    });
  }

  #networkFaults(): string[] {
    const { networks } = this;
    const wanted = new Map(
      networks.flatMap((network) => [
        [keys.name(network.name), network.id],
        [keys.vni(vniOf(network)), network.id],
      ]),
    );
    const found = new Map([...this.below("names/"), ...this.below("vnis/")].map(({ key, value }) => [key, value]));
    const wrong = [...new Set([...wanted.keys(), ...found.keys()])].filter((key) => wanted.get(key) !== found.get(key));
    const subnets = networks.flatMap(({ pools, name }) => pools.map(({ subnet }) => ({ subnet, name })));
    const clashes = subnets.filter(({ subnet }, at) =>
      subnets.slice(0, at).some((other) => overlaps(cidrOf(other.subnet), cidrOf(subnet))),
    );
    return [
      ...wrong.map((key) => `${key} leads to ${found.get(key)?.slice(-4)} and not to ${wanted.get(key)?.slice(-4)}`),
      ...clashes.map(({ subnet, name }) => `${subnet} of network ${name} overlaps another one`),
    ];
  }

  #hostFaults(): string[] {
    const vteps = this.hosts.map(({ vtep }) => vtep);
    const twice = vteps.filter((vtep, at) => vteps.indexOf(vtep) < at);
    return twice.map((vtep) => `two hosts have the VTEP ${vtep}`);
  }
}

const whose = (owner: string | undefined) => (owner === undefined ? "nobody's" : `host ${owner.slice(0, 4)}'s`);

function isIn({ pools }: Network, address: string, slot: bigint): boolean {
  const ip = ipOf(address);
  const pool = pools.find(({ subnet }) => containsIp(cidrOf(subnet), ip));
  return pool !== undefined && new PoolSlots(pool).slotOf(ip.value) === slot;
}

/** Follows all of a store, and looks at each state of it that is told. */
export class History implements Disposable {
  readonly state = new StoreState();
  readonly #lines: string[] = [];
  readonly #end = new AbortController();

  /** `onState`: called after each change, with the keys that went. */
  constructor(store: ClusterStore, now: () => number, onState: (gone: readonly string[]) => void) {
    const take = (news: News) => {
      const before = [...this.state.entries.keys()];
      this.state.take(news);
      if (news.kind === "changes") this.#write(news, now());
      onState(before.filter((key) => !this.state.entries.has(key)));
    };
    store.follow("", take, this.#end.signal);
  }

  #write({ puts, deletes, revision }: Extract<News, { kind: "changes" }>, at: number): void {
    const told = [...puts.map(({ key, value }) => `${key} = ${value}`), ...deletes.map((key) => `${key} gone`)];
    for (const line of told.filter((each) => !each.startsWith("seen/"))) this.note(`r${revision} ${line}`, at);
  }

  /** The last changes, one a line. */
  last(count: number): string[] {
    return this.#lines.slice(-count);
  }

  note(line: string, at: number): void {
    const text = line.replaceAll(/[0-9a-f]{60}(?=[0-9a-f]{4})/g, "");
    this.#lines.push(`${((at - 1_000_000) / 1000).toFixed(3)} ${text}`);
  }

  [Symbol.dispose](): void {
    this.#end.abort();
  }
}
