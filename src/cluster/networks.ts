import { cidrOf, overlaps } from "../base/cidr.ts";
import { EngineError, invalid } from "../base/errors.ts";
import type { ClusterStore, Condition, Entry, News, Write } from "../contracts/cluster-store.ts";
import type { Network } from "../model/network.ts";
import { keys, leaf } from "./keys.ts";
import { named } from "./named.ts";
import { type EndpointRecord, type NetworkRecord, read, readable } from "./records.ts";

/** Docker's option for the VXLAN network identifier of an overlay. */
export const vniOption = "com.docker.network.driver.overlay.vxlanid_list";

/** First and last VNI that is given to networks that do not ask for one. */
export interface VniRange {
  readonly first: number;
  readonly last: number;
}

export interface NetworksParts {
  readonly store: ClusterStore;
  readonly vnis: VniRange;
  readonly hostId: string;
  /** What every write compares: see Member. */
  readonly member: (what: string) => Condition;
  readonly nameOf: (hostId: string) => string;
  readonly onUnreadable: (error: unknown) => void;
}

/** The cluster's networks: what the news say of them, and how they are made and removed. */
export class Networks {
  readonly #parts: NetworksParts;
  readonly #known = new Map<string, { readonly record: NetworkRecord; readonly revision: number }>();
  /** Found gone before the news told of it: they are to tell of it all the same. */
  readonly #vanished = new Set<string>();
  /** Being removed by this host at this moment. */
  readonly #removing = new Set<string>();

  constructor(parts: NetworksParts) {
    this.#parts = parts;
  }

  /** Networks that this host knew when it started: news will tell what has become of them. */
  expect(networks: readonly Network[]): void {
    for (const network of networks) this.#known.set(network.id, { record: { network }, revision: 0 });
  }

  /** Takes news of `networks/` in; returns what is new or changed, and what is gone. */
  take(news: News): { put: Network[]; gone: string[] } {
    if (news.kind !== "snapshot" && news.kind !== "changes") return { put: [], gone: [] };
    const here = new Set(news.kind === "snapshot" ? news.entries.map(({ key }) => leaf(key)) : []);
    const before = [...this.#known.keys(), ...this.#vanished];
    const gone = news.kind === "changes" ? news.deletes.map(leaf) : before.filter((id) => !here.has(id));
    for (const id of gone) {
      this.#known.delete(id);
      this.#vanished.delete(id);
    }
    const put = (news.kind === "changes" ? news.puts : news.entries).flatMap((entry) => this.note(entry));
    return { put, gone };
  }

  /** A network's record as the store has it; returns the network when it is news. */
  note(entry: Entry): Network[] {
    const id = leaf(entry.key);
    const known = this.#known.get(id);
    if (known && known.revision >= entry.revision) return [];
    const record = readable<NetworkRecord>(entry, this.#parts.onUnreadable);
    if (!record) return [];
    this.#known.set(id, { record, revision: entry.revision });
    return JSON.stringify(known?.record.network) === JSON.stringify(record.network) ? [] : [record.network];
  }

  /**
   * Makes a network of this host's own one of the cluster's, with another VNI where that is taken. Idempotent. Throws
   * NETWORK_EXISTS or SUBNET_OVERLAPS when the cluster has another one in its place.
   */
  async carryOver(network: Network): Promise<Network> {
    const entry = await this.#parts.store.get(keys.network(network.id));
    if (entry) {
      this.note(entry);
      return read<NetworkRecord>(entry).network;
    }
    const { [vniOption]: _own, ...options } = network.options;
    const taken = await this.#parts.store.get(keys.vni(vniOf(network)));
    return this.create(taken ? { ...network, options } : network);
  }

  forget(id: string): void {
    this.#known.delete(id);
  }

  /** What whoever writes below a network compares: that it is there and not being removed. Throws NETWORK_NOT_FOUND. */
  condition(id: string): Condition {
    const known = this.#known.get(id);
    if (!known || known.record.removing)
      throw new EngineError("NETWORK_NOT_FOUND", { network: known?.record.network.name ?? id });
    return { key: keys.network(id), revision: known.revision };
  }

  /** Takes over what the store says of a network, before the news tell. */
  async lookAgain(id: string): Promise<void> {
    const entry = await this.#parts.store.get(keys.network(id));
    if (entry) this.note(entry);
    else if (this.#known.delete(id)) this.#vanished.add(id);
  }

  /** Removals that were cut short, by a crash of this host or the end of another one: finished, or taken back. */
  async finishRemovals(isGone: (hostId: string) => boolean): Promise<void> {
    for (const [id, { record }] of this.#known) {
      const { removing, network } = record;
      if (removing === undefined || this.#removing.has(id)) continue;
      if (removing !== this.#parts.hostId && !isGone(removing)) continue;
      try {
        await this.remove(network);
        this.#vanished.add(id);
      } catch (error) {
        // In use: the mark was taken back. Refused: another host was faster.
        if (!(error instanceof EngineError) || error.code === "STORE_AWAY") throw error;
      }
    }
  }

  all = (): Network[] => [...this.#known.values()].map(({ record }) => record.network);

  /** The record that publishing an endpoint is based on; undefined: there is no such network. */
  get(id: string): { readonly record: NetworkRecord; readonly revision: number } | undefined {
    return this.#known.get(id);
  }

  /** Claims name, VNI and subnets. Who is overtaken by another host looks again. */
  create = (draft: Network): Promise<Network> => named(`create network ${draft.name}`, () => this.#create(draft));

  async #create(draft: Network): Promise<Network> {
    const { store, member } = this.#parts;
    for (;;) {
      const guard = await store.get(keys.guard);
      const others = (await store.list(keys.networks)).entries.flatMap(
        (entry) => readable<NetworkRecord>(entry)?.network ?? [],
      );
      const network = withVni(draft, others, this.#parts.vnis);
      refuseClashes(network, others);
      const record: NetworkRecord = { network };
      const key = keys.network(network.id);
      const writes: Write[] = [
        { put: key, value: JSON.stringify(record) },
        { put: keys.name(network.name), value: network.id },
        { put: keys.vni(vniOf(network)), value: network.id },
        { put: keys.guard, value: network.id },
      ];
      const conditions: Condition[] = [
        unchanged(keys.guard, guard),
        { key: keys.name(network.name), is: "absent" },
        { key: keys.vni(vniOf(network)), is: "absent" },
        { key, is: "absent" },
        member(`create network ${network.name}`),
      ];
      const result = await store.txn(conditions, writes);
      if (result.done) {
        this.note({ key, value: JSON.stringify(record), revision: result.revision });
        return network;
      }
      // A name or VNI without its network would keep us here for ever; one that has just been made would not.
      const now = result.found.find((each) => each.key === keys.guard);
      if (now?.revision === guard?.revision) this.#refuseStray(network, result.found, others);
    }
  }

  #refuseStray(network: Network, found: readonly Entry[], others: readonly Network[]): void {
    for (const { key, value } of found) {
      const stray = [keys.name(network.name), keys.vni(vniOf(network))].includes(key);
      if (stray && !others.some(({ id }) => id === value))
        throw new Error(
          `Cannot create network ${network.name}: the cluster's store has key ${key} of a network that is not there; remove that key`,
        );
    }
  }

  /**
   * Marks it, so that no endpoint appears any more, looks for endpoints, and removes everything of it; or takes the mark
   * back and says who is in the way. A removal that another host left half-way is finished.
   */
  async remove(network: Network): Promise<void> {
    if (this.#removing.has(network.id)) throw this.#contended(network.name);
    this.#removing.add(network.id);
    try {
      await named(`remove network ${network.name}`, () => this.#remove(network));
    } finally {
      this.#removing.delete(network.id);
    }
  }

  async #remove({ id, name }: Network): Promise<void> {
    const { store, hostId } = this.#parts;
    const entry = await store.get(keys.network(id));
    if (!entry) return this.forget(id);
    const record = read<NetworkRecord>(entry);
    const marked = await this.#replace(entry, { ...record, removing: hostId });
    const users = await this.#usersOf(id, marked);
    if (users.length > 0) {
      await this.#replace(marked, { network: record.network });
      throw new EngineError("NETWORK_IN_USE", { network: name, endpoints: this.#describe(users) });
    }
    // From here on nothing can come up below it: whatever is written there compares a record without the mark.
    const slots = (await store.list(keys.slotsOfNetwork(id))).entries.map(({ key }) => key);
    await this.#deleteAll(marked, slots, name);
    const rest = [keys.network(id), keys.name(name), keys.vni(vniOf(record.network))];
    await this.#write(marked, [...rest.map((key): Write => ({ delete: key })), { put: keys.guard, value: id }], name);
    this.forget(id);
  }

  /** Endpoints on a network; those of hosts that were taken out do not count, and go. */
  async #usersOf(id: string, marked: Entry): Promise<EndpointRecord[]> {
    const { store } = this.#parts;
    const { entries } = await store.list(keys.endpointsOf(id));
    if (entries.length === 0) return [];
    const hosts = new Set((await store.list(keys.hosts)).entries.map(({ key }) => leaf(key)));
    const [users, left] = [entries, entries].map((all, which) =>
      all.filter((entry) => hosts.has(readable<EndpointRecord>(entry)?.host ?? "") === (which === 0)),
    );
    if (users?.length === 0) {
      const keysLeft = (left ?? []).map(({ key }) => key);
      await this.#deleteAll(marked, keysLeft, read<NetworkRecord>(marked).network.name);
    }
    return (users ?? []).map((entry) => read<EndpointRecord>(entry));
  }

  async #deleteAll(marked: Entry, all: readonly string[], name: string): Promise<void> {
    const room = this.#parts.store.limits.operations - 8;
    for (let at = 0; at < all.length; at += room)
      await this.#write(
        marked,
        all.slice(at, at + room).map((key) => ({ delete: key })),
        name,
      );
  }

  /** A part of the removal, as long as this host's mark is there. */
  async #write({ key, revision }: Entry, writes: readonly Write[], name: string): Promise<void> {
    const conditions = [{ key, revision }, this.#parts.member(`remove network ${name}`)];
    if (!(await this.#parts.store.txn(conditions, writes)).done) throw this.#contended(name);
  }

  #contended(network: string): EngineError {
    const why = "another host is changing or removing it at this moment; look again";
    return new EngineError("NETWORK_REFUSED", { network, why });
  }

  async #replace(entry: Entry, record: NetworkRecord): Promise<Entry> {
    const { store, member } = this.#parts;
    const value = JSON.stringify(record);
    const what = `remove network ${record.network.name}`;
    const conditions = [{ key: entry.key, revision: entry.revision }, member(what)];
    const result = await store.txn(conditions, [{ put: entry.key, value }]);
    if (!result.done) throw this.#contended(record.network.name);
    const now = { ...entry, value, revision: result.revision };
    this.note(now);
    return now;
  }

  #describe(users: readonly EndpointRecord[]): string[] {
    return [...new Set(users.map(({ container, host }) => `${container} on ${this.#parts.nameOf(host)}`))].sort();
  }
}

const unchanged = (key: string, entry: Entry | undefined): Condition =>
  entry ? { key, revision: entry.revision } : { key, is: "absent" };

export const vniOf = ({ options }: Pick<Network, "options">): number => Number(options[vniOption]);

function withVni(draft: Network, others: readonly Network[], { first, last }: VniRange): Network {
  const taken = new Map(others.map((network) => [vniOf(network), network.name]));
  const asked = draft.options[vniOption];
  if (asked) {
    const holder = taken.get(Number(asked));
    if (holder === undefined) return draft;
    throw invalid(
      `option "${vniOption}"`,
      `VNI ${asked} is network ${holder}'s; leave the option out to get a free one`,
    );
  }
  for (let vni = first; vni <= last; vni++) {
    if (!taken.has(vni)) return { ...draft, options: { ...draft.options, [vniOption]: String(vni) } };
  }
  const why = `all VNIs from ${first} to ${last} are taken; remove networks, or give the daemons a larger --vni-range`;
  throw new EngineError("NETWORK_REFUSED", { network: draft.name, why });
}

function refuseClashes(network: Network, others: readonly Network[]): void {
  if (others.some(({ name }) => name === network.name))
    throw new EngineError("NETWORK_EXISTS", { network: network.name });
  for (const { subnet } of network.pools) {
    for (const other of others) {
      const clash = other.pools.find((pool) => overlaps(cidrOf(pool.subnet), cidrOf(subnet)));
      if (clash)
        throw new EngineError("SUBNET_OVERLAPS", { subnet, other: `${clash.subnet} of network ${other.name}` });
    }
  }
}
