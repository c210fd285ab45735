import { EngineError } from "../base/errors.ts";
import { formatIp, type Ip, ipOf } from "../base/ip.ts";
import { KeyedLock } from "../base/keyed-lock.ts";
import type { Log } from "../base/log.ts";
import type { ClusterStore, Condition, Entry, News } from "../contracts/cluster-store.ts";
import type { Network } from "../model/network.ts";
import { Holdings } from "./holdings.ts";
import type { Journal } from "./journal.ts";
import { keys, leaf } from "./keys.ts";
import { read, type SlotRecord, type WishRecord } from "./records.ts";
import { PoolSlots } from "./slots.ts";

export interface AddressParts {
  readonly store: ClusterStore;
  readonly journal: Journal;
  readonly log: Log;
  readonly hostId: string;
  readonly member: (what: string) => Condition;
  readonly nameOf: (hostId: string) => string;
  readonly connected: () => boolean;
  readonly fenced: () => boolean;
  readonly storeName: string;
  /** Frees what hosts without a record still hold: their removal was cut short. Returns how much. */
  readonly freeAbandoned: () => Promise<number>;
}

/** While this share of a pool's slots is left to nobody, hosts keep a spare one. */
const roomForSpares = 0.25;
/** How long another host has to let an address go that was wished for. */
const wishMs = 3_000;

/** Addresses of the cluster's networks: what this host holds of them, and how it gets and gives back. */
export class Addresses {
  readonly #parts: AddressParts;
  readonly #networks = new Map<string, { network: Network; holdings: Holdings[] }>();
  readonly #locks = new KeyedLock();
  /** Networks whose holdings have been compared with the store since the last join. */
  readonly #compared = new Set<string>();
  readonly #untidy = new Set<string>();
  #tidying: Promise<void> | undefined;

  constructor(parts: AddressParts) {
    this.#parts = parts;
  }

  /** Makes room for a network's holdings, with what the journal says of them. */
  know(network: Network): void {
    if (this.#networks.has(network.id)) return;
    const holdings = network.pools.map((pool) => new Holdings(new PoolSlots(pool)));
    this.#networks.set(network.id, { network, holdings });
    const held = this.#parts.journal.slots.find(({ networkId }) => networkId === network.id);
    for (const text of held?.whole ?? []) this.#of(network, ipOf(text))?.whole.add(ipOf(text).value);
    for (const text of held?.singles ?? []) this.#of(network, ipOf(text))?.singles.add(ipOf(text).value);
  }

  forget(networkId: string): void {
    this.#networks.delete(networkId);
    this.#compared.delete(networkId);
    this.#parts.journal.forgetSlots(networkId);
  }

  /** Networks of which this host holds addresses. */
  get held(): string[] {
    return [...this.#networks].filter(([, { holdings }]) => holdings.some(isHolding)).map(([id]) => id);
  }

  adopt(network: Network, address: string, owner: string): void {
    this.know(network);
    const ip = ipOf(bare(address));
    this.#of(network, ip)?.used.set(ip.value, owner);
  }

  release(network: Network, address: string): void {
    const ip = ipOf(bare(address));
    this.#of(network, ip)?.used.delete(ip.value);
    this.#soon(network.id);
  }

  usage(network: Network): { subnet: string; inUse: bigint; available: bigint }[] {
    this.know(network);
    return (this.#networks.get(network.id)?.holdings ?? []).map((holdings, index) => ({
      subnet: network.pools[index]?.subnet ?? "",
      inUse: BigInt(holdings.used.size),
      available: BigInt(holdings.free),
    }));
  }

  async reserve(
    network: Network,
    { family, address, owner }: { family: 4 | 6; address?: string; owner: string },
  ): Promise<string> {
    this.know(network);
    await using _lock = await this.#locks.hold(network.id);
    this.#refuseFenced(network);
    if (this.#parts.connected()) await this.#compare(network);
    const pools = (this.#networks.get(network.id)?.holdings ?? []).filter(({ slots }) => slots.family === family);
    const taken =
      address === undefined ? await this.#next(network, pools, owner) : await this.#this(network, address, owner);
    this.#soon(network.id);
    return taken;
  }

  /** After a silence of the length of the grace, what this host holds may be somebody else's. */
  #refuseFenced(network: Network): void {
    if (!this.#parts.fenced()) return;
    throw new EngineError("STORE_AWAY", {
      what: `take an address of network ${network.name}`,
      store: this.#parts.storeName,
      why: "for so long that this host's addresses may be others' now",
    });
  }

  async #next(network: Network, pools: readonly Holdings[], owner: string): Promise<string> {
    for (const pool of pools) {
      const value = pool.takeNext(owner);
      if (value !== undefined) return text(pool, value);
    }
    for (const pool of pools) {
      if (!(await this.#claimSlot(network, pool)) && !(await this.#claimAnySingle(network, pool))) continue;
      const value = pool.takeNext(owner);
      if (value !== undefined) return text(pool, value);
    }
    const subnet = pools
      .map(({ slots }) => `${formatIp(slots.ip(slots.subnet.base))}/${slots.subnet.prefixLength}`)
      .join(", ");
    throw new EngineError("ADDRESSES_EXHAUSTED", { subnet, network: network.name });
  }

  /** This very address: from what is held, or as a single one. */
  async #this(network: Network, address: string, owner: string): Promise<string> {
    const ip = ipOf(address);
    const pool = this.#of(network, ip);
    if (!pool?.slots.takes(ip.value)) return refusePlace(network, ip);
    const present = pool.used.get(ip.value);
    if (present !== undefined) throw new EngineError("ADDRESS_TAKEN", { address, owner: present });
    if (!pool.holds(ip.value)) await this.#claimSingle(network, pool, ip.value);
    pool.used.set(ip.value, owner);
    return text(pool, ip.value);
  }

  /** The first slot that is nobody's. False: none is left. */
  async #claimSlot(network: Network, pool: Holdings, spare = false): Promise<boolean> {
    const prefix = keys.slotsOf(network.id, pool.slots.family);
    const taken = new Set((await this.#parts.store.list(prefix)).entries.map(({ key }) => leaf(key)));
    if (spare && taken.size > pool.slots.count * (1 - roomForSpares)) return false;
    for (const slot of pool.slots.all()) {
      const key = this.#key(network, pool, slot);
      if (taken.has(leaf(key)) || pool.slots.addressesOf(slot).length === 0) continue;
      const record: SlotRecord = { host: this.#parts.hostId };
      if (!(await this.#write(network, { key, is: "absent" }, { put: key, value: JSON.stringify(record) }))) continue;
      pool.whole.add(slot);
      this.#keep(network);
      return true;
    }
    return false;
  }

  async #claimAnySingle(network: Network, pool: Holdings): Promise<boolean> {
    if (await this.#singleOfList(network, pool)) return true;
    if ((await this.#parts.freeAbandoned()) > 0 && (await this.#claimSlot(network, pool))) return true;
    return this.#wish(network, pool, undefined, () => this.#singleOfList(network, pool));
  }

  async #singleOfList(network: Network, pool: Holdings): Promise<boolean> {
    const prefix = keys.slotsOf(network.id, pool.slots.family);
    const { entries } = await this.#parts.store.list(prefix);
    for (const entry of entries) {
      const record = read<SlotRecord>(entry);
      if ("host" in record) continue;
      for (const value of pool.slots.addressesOf(slotIn(entry.key))) {
        if (record.singles[textOf(pool, value)] === undefined && (await this.#addSingle(network, pool, value, entry)))
          return true;
      }
    }
    return false;
  }

  /** A single address, whoever holds its slot: who holds it whole is asked to let the slot's free addresses go. */
  async #claimSingle(network: Network, pool: Holdings, value: bigint): Promise<void> {
    const slot = pool.slots.slotOf(value);
    const key = this.#key(network, pool, slot);
    const attempt = async (): Promise<boolean> => {
      const entry = await this.#parts.store.get(key);
      const record = entry && read<SlotRecord>(entry);
      if (record && "host" in record) return false;
      const holder = record?.singles[textOf(pool, value)];
      if (holder !== undefined) throw this.#taken(pool, value, holder);
      return (await this.#addSingle(network, pool, value, entry)) || attempt();
    };
    if (await attempt()) return;
    if (await this.#wish(network, pool, slot, attempt)) return;
    const entry = await this.#parts.store.get(key);
    const record = entry && read<SlotRecord>(entry);
    throw this.#taken(pool, value, record && "host" in record ? record.host : "");
  }

  #taken(pool: Holdings, value: bigint, host: string): EngineError {
    const owner = `host ${this.#parts.nameOf(host)}`;
    return new EngineError("ADDRESS_TAKEN", { address: textOf(pool, value), owner });
  }

  async #addSingle(network: Network, pool: Holdings, value: bigint, entry: Entry | undefined): Promise<boolean> {
    const key = this.#key(network, pool, pool.slots.slotOf(value));
    const before = entry ? read<Extract<SlotRecord, { singles: object }>>(entry).singles : {};
    const record: SlotRecord = { singles: { ...before, [textOf(pool, value)]: this.#parts.hostId } };
    const condition: Condition = entry ? { key, revision: entry.revision } : { key, is: "absent" };
    if (!(await this.#write(network, condition, { put: key, value: JSON.stringify(record) }))) return false;
    pool.singles.add(value);
    this.#keep(network);
    return true;
  }

  /** Asks the holders of whole slots, and tries again at each change until one has let go. */
  async #wish(
    network: Network,
    pool: Holdings,
    slot: bigint | undefined,
    attempt: () => Promise<boolean>,
  ): Promise<boolean> {
    const { store, hostId } = this.#parts;
    const { family } = pool.slots;
    const key = keys.wish(network.id, family, hostId);
    const wish: WishRecord = { host: hostId, ...(slot === undefined ? {} : { slot: slot.toString(16) }) };
    await store.txn([this.#parts.member("ask for an address")], [{ put: key, value: JSON.stringify(wish) }]);
    const end = new AbortController();
    try {
      const changes = changesOf(store, keys.slotsOf(network.id, family), end.signal);
      while (await changes.next(wishMs)) if (await attempt()) return true;
      return false;
    } finally {
      end.abort();
      await store.txn([], [{ delete: key }]);
    }
  }

  /** Another host asks: an empty slot is given back, else one with free addresses is split. */
  async grant(networkId: string, family: 4 | 6, { host, slot }: WishRecord): Promise<void> {
    if (host === this.#parts.hostId) return;
    await using _lock = await this.#locks.hold(networkId);
    const known = this.#networks.get(networkId);
    for (const pool of known?.holdings ?? []) {
      if (pool.slots.family !== family || !known) continue;
      const wanted = slot === undefined ? splittable(pool) : BigInt(`0x${slot}`);
      if (wanted === undefined || !pool.whole.has(wanted)) continue;
      await this.#split(known.network, pool, wanted);
      return;
    }
  }

  async #split(network: Network, pool: Holdings, slot: bigint): Promise<void> {
    const { store, hostId } = this.#parts;
    const key = this.#key(network, pool, slot);
    const entry = await store.get(key);
    if (!entry || !("host" in read<SlotRecord>(entry))) return;
    const kept = pool.usedIn(slot);
    const singles = Object.fromEntries(kept.map((value) => [textOf(pool, value), hostId]));
    const write = kept.length > 0 ? { put: key, value: JSON.stringify({ singles }) } : { delete: key };
    if (!(await this.#write(network, { key, revision: entry.revision }, write))) return;
    pool.whole.delete(slot);
    for (const value of kept) pool.singles.add(value);
    this.#keep(network);
  }

  /**
   * After a join: the store's word on what this host holds. What it has and the journal does not is taken over (a crash
   * came between), what is nobody's is claimed again; returns addresses in use that are somebody else's now.
   */
  async compareAll(): Promise<{ networkId: string; address: string }[]> {
    this.#compared.clear();
    const lost: { networkId: string; address: string }[] = [];
    for (const { network, holdings } of this.#networks.values()) {
      if (!holdings.some((each) => isHolding(each) || each.used.size > 0)) continue;
      await using _lock = await this.#locks.hold(network.id);
      lost.push(...(await this.#compare(network)));
    }
    return lost;
  }

  async #compare(network: Network): Promise<{ networkId: string; address: string }[]> {
    if (this.#compared.has(network.id)) return [];
    const lost: { networkId: string; address: string }[] = [];
    for (const pool of this.#networks.get(network.id)?.holdings ?? []) {
      const { entries } = await this.#parts.store.list(keys.slotsOf(network.id, pool.slots.family));
      const records = new Map(entries.map((entry) => [slotIn(entry.key), read<SlotRecord>(entry)]));
      this.#takeOver(pool, records);
      for (const slot of new Set([...pool.whole, ...[...pool.singles, ...pool.used.keys()].map(pool.slots.slotOf)]))
        lost.push(...(await this.#settle(network, pool, slot, records.get(slot))));
    }
    this.#keep(network);
    this.#compared.add(network.id);
    return lost;
  }

  #takeOver(pool: Holdings, records: ReadonlyMap<bigint, SlotRecord>): void {
    const { hostId } = this.#parts;
    for (const [slot, record] of records) {
      if (!pool.slots.takes(slot) && pool.slots.addressesOf(slot, true).length === 0) continue; // another pool's
      if ("host" in record) {
        if (record.host === hostId) pool.whole.add(slot);
      } else {
        for (const [address, host] of Object.entries(record.singles)) {
          if (host === hostId) pool.singles.add(ipOf(address).value);
        }
      }
    }
  }

  /** One slot that this host thinks it has a part in. */
  async #settle(
    network: Network,
    pool: Holdings,
    slot: bigint,
    record: SlotRecord | undefined,
  ): Promise<{ networkId: string; address: string }[]> {
    const { hostId } = this.#parts;
    if (record && "host" in record && record.host === hostId) return [];
    const used = pool.usedIn(slot);
    pool.whole.delete(slot);
    for (const value of pool.singles) {
      const mine = record && "singles" in record && record.singles[textOf(pool, value)] === hostId;
      if (pool.slots.slotOf(value) === slot && !mine) pool.singles.delete(value);
    }
    const lost: { networkId: string; address: string }[] = [];
    for (const value of used) {
      if (pool.singles.has(value)) continue;
      const address = textOf(pool, value);
      try {
        await this.#claimSingle(network, pool, value);
      } catch (error) {
        if (!(error instanceof EngineError) || error.code !== "ADDRESS_TAKEN") throw error;
        pool.used.delete(value);
        lost.push({ networkId: network.id, address });
      }
    }
    return lost;
  }

  /** Gives back what is not needed, keeps one slot to spare; in the background, again after the store was away. */
  wake(): void {
    this.#tidying ??= this.#tidyAll().finally(() => {
      this.#tidying = undefined;
    });
  }

  #soon(networkId: string): void {
    this.#untidy.add(networkId);
    if (this.#parts.connected()) setImmediate(() => this.wake());
  }

  async #tidyAll(): Promise<void> {
    for (const id of [...this.#untidy]) {
      const known = this.#networks.get(id);
      this.#untidy.delete(id);
      if (!known) continue;
      try {
        await using _lock = await this.#locks.hold(id);
        await this.#tidy(known.network, known.holdings);
      } catch (err) {
        this.#untidy.add(id); // wake() comes again when the store does
        this.#parts.log.debug({ err, network: known.network.name }, "addresses are given back later");
      }
    }
  }

  async #tidy(network: Network, holdings: readonly Holdings[]): Promise<void> {
    await this.#compare(network);
    for (const pool of holdings) {
      for (const value of [...pool.singles]) if (!pool.used.has(value)) await this.#returnSingle(network, pool, value);
      const spares = pool.used.size > 0 ? 1 : 0;
      for (const slot of pool.empty.slice(spares)) await this.#returnSlot(network, pool, slot);
      if (spares > 0 && pool.empty.length === 0) await this.#claimSlot(network, pool, true);
    }
  }

  async #returnSlot(network: Network, pool: Holdings, slot: bigint): Promise<void> {
    const key = this.#key(network, pool, slot);
    // First here: a crash in between leaves a slot in the store that the next comparison takes over.
    pool.whole.delete(slot);
    this.#keep(network);
    const entry = await this.#parts.store.get(key);
    const record = entry && read<SlotRecord>(entry);
    if (!entry || !record || !("host" in record) || record.host !== this.#parts.hostId) return;
    await this.#write(network, { key, revision: entry.revision }, { delete: key });
  }

  async #returnSingle(network: Network, pool: Holdings, value: bigint): Promise<void> {
    const key = this.#key(network, pool, pool.slots.slotOf(value));
    pool.singles.delete(value);
    this.#keep(network);
    for (;;) {
      const entry = await this.#parts.store.get(key);
      const record = entry && read<SlotRecord>(entry);
      if (!entry || !record || !("singles" in record)) return;
      const { [textOf(pool, value)]: mine, ...singles } = record.singles;
      if (mine !== this.#parts.hostId) return;
      const none = Object.keys(singles).length === 0;
      const write = none ? { delete: key } : { put: key, value: JSON.stringify({ singles }) };
      if (await this.#write(network, { key, revision: entry.revision }, write)) return;
    }
  }

  /** One write under the conditions that all have: this host is a member, the network is there. */
  async #write(
    network: Network,
    condition: Condition,
    write: { readonly put: string; readonly value: string } | { readonly delete: string },
  ): Promise<boolean> {
    const what = `change what this host holds of network ${network.name}`;
    const member = this.#parts.member(what);
    const present = { key: keys.network(network.id), is: "present" } as const;
    const result = await this.#parts.store.txn([condition, member, present], [write]);
    if (result.done) return true;
    const seen = new Set(result.found.map(({ key }) => key));
    if (!seen.has(present.key)) throw new EngineError("NETWORK_NOT_FOUND", { network: network.name });
    const self = result.found.find(({ key }) => key === member.key);
    if (!self || !("revision" in member) || self.revision !== member.revision) {
      const why = "this host's record has changed; it joins again";
      throw new EngineError("STORE_AWAY", { what, store: this.#parts.storeName, why });
    }
    return false;
  }

  #keep({ id }: Network): void {
    const holdings = this.#networks.get(id)?.holdings ?? [];
    this.#parts.journal.keepSlots({
      networkId: id,
      whole: holdings.flatMap((pool) => [...pool.whole].map((slot) => textOf(pool, slot))),
      singles: holdings.flatMap((pool) => [...pool.singles].map((value) => textOf(pool, value))),
    });
  }

  #key = (network: Network, pool: Holdings, slot: bigint) => keys.slot(network.id, pool.slots.family, slot);

  #of(network: Network, ip: Ip): Holdings | undefined {
    return this.#networks
      .get(network.id)
      ?.holdings.find(({ slots }) => slots.family === ip.family && containsValue(slots, ip.value));
  }
}

const bare = (address: string): string => address.split("/", 1)[0] ?? "";
const textOf = ({ slots }: Holdings, value: bigint): string => formatIp(slots.ip(value));
const text = (pool: Holdings, value: bigint): string => `${textOf(pool, value)}/${pool.slots.subnet.prefixLength}`;
const slotIn = (key: string): bigint => BigInt(`0x${leaf(key)}`);
const isHolding = ({ whole, singles }: Holdings): boolean => whole.size + singles.size > 0;
const containsValue = ({ subnet, slotOf: _ }: PoolSlots, value: bigint): boolean => {
  const bits = BigInt((subnet.family === 4 ? 32 : 128) - subnet.prefixLength);
  return value >> bits === subnet.base >> bits;
};

/** An empty slot rather than one in use, the fullest last. */
function splittable(pool: Holdings): bigint | undefined {
  const free = (slot: bigint) => pool.slots.addressesOf(slot).length - pool.usedIn(slot).length;
  const [best] = [...pool.whole].filter((slot) => free(slot) > 0).sort((a, b) => free(b) - free(a));
  return best;
}

function refusePlace(network: Network, ip: Ip): never {
  const address = formatIp(ip);
  const subnets = network.pools.map(({ subnet }) => subnet);
  const inside = network.pools.some((pool) => containsValue(new PoolSlots(pool), ip.value));
  if (inside) throw new EngineError("ADDRESS_TAKEN", { address, owner: "the network itself (gateway, aux or edge)" });
  throw new EngineError("ADDRESS_OUTSIDE", { address, network: network.name, subnets });
}

/** Resolves next() to true at each change below a prefix, to false when none comes in time. */
function changesOf(store: ClusterStore, prefix: string, signal: AbortSignal) {
  let news = false;
  let tell: (() => void) | undefined;
  store.follow(
    prefix,
    ({ kind }: News) => {
      if (kind !== "changes" && kind !== "snapshot") return;
      news = true;
      tell?.();
    },
    signal,
  );
  const next = async (patienceMs: number): Promise<boolean> => {
    const { promise, resolve } = Promise.withResolvers<void>();
    tell = resolve;
    const timer = setTimeout(resolve, patienceMs);
    if (!news) await promise;
    clearTimeout(timer);
    const heard = news;
    news = false;
    return heard;
  };
  return { next };
}
