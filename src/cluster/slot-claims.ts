import { EngineError } from "../base/errors.ts";
import type { ClusterStore, Condition, Entry, Write } from "../contracts/cluster-store.ts";
import { addressText, type HeldNetwork } from "./held-network.ts";
import type { Holdings } from "./holdings.ts";
import { keys, leaf } from "./keys.ts";
import { read, readable, type SlotRecord } from "./records.ts";

export interface ClaimParts {
  readonly store: ClusterStore;
  /** Where the store is, for messages. */
  readonly storeName: string;
  readonly hostId: string;
  /** What every write compares: see Member. */
  readonly member: (what: string) => Condition;
  readonly nameOf: (hostId: string) => string;
  /** What the first write to a slot compares: that its network is not being removed. Throws NETWORK_NOT_FOUND. */
  readonly network: (id: string) => Condition;
  /** After a condition on network or member did not hold: takes over what is. */
  readonly lookAgain: (networkId: string) => Promise<void>;
}

type Singles = Extract<SlotRecord, { readonly singles: object }>["singles"];

/** While this share of a pool's slots is left to nobody, hosts keep a spare one. */
const roomForSpares = 0.25;

/** First address of the slot that a key is of. */
export const slotIn = (key: string): bigint => BigInt(`0x${leaf(key)}`);

/** Slots in the store: claimed, split, given back, each by one transaction. The caller holds the network's lock. */
export class SlotClaims {
  readonly #parts: ClaimParts;

  constructor(parts: ClaimParts) {
    this.#parts = parts;
  }

  /** All slots of a pool's family that somebody has a part in. */
  async list({ network }: HeldNetwork, pool: Holdings): Promise<Map<bigint, Entry>> {
    const { entries } = await this.#parts.store.list(keys.slotsOf(network.id, pool.slots.family));
    return new Map(entries.map((entry) => [slotIn(entry.key), entry]));
  }

  /** The first slot that is nobody's, as a whole. False: none is left; `spare`: or they are getting few. */
  async takeSlot(held: HeldNetwork, pool: Holdings, spare = false): Promise<boolean> {
    const taken = await this.list(held, pool);
    if (spare && taken.size > pool.slots.count * (1 - roomForSpares)) return false;
    for (const slot of pool.slots.all()) {
      if (taken.has(slot) || pool.slots.addressesOf(slot).length === 0) continue;
      const key = this.#key(held, pool, slot);
      const record: SlotRecord = { host: this.#parts.hostId };
      const write: Write = { put: key, value: JSON.stringify(record) };
      if (!(await this.#write(held, pool, slot, { key, is: "absent" }, write))) continue;
      pool.whole.add(slot);
      held.keep();
      return true;
    }
    return false;
  }

  /** A free dynamic address of a slot that is nobody's as a whole. */
  async takeAnySingle(held: HeldNetwork, pool: Holdings): Promise<boolean> {
    for (const [slot, entry] of await this.list(held, pool)) {
      const record = readable<SlotRecord>(entry);
      if (!record) continue;
      if ("host" in record) continue;
      for (const value of pool.slots.addressesOf(slot)) {
        const free = record.singles[addressText(pool, value)] === undefined;
        if (free && (await this.#addSingle(held, pool, value, entry))) return true;
      }
    }
    return false;
  }

  /** This address. False: its slot is another host's as a whole. Throws ADDRESS_TAKEN when it is another host's itself. */
  async takeSingle(held: HeldNetwork, pool: Holdings, value: bigint): Promise<boolean> {
    for (;;) {
      const entry = await this.#parts.store.get(this.#key(held, pool, pool.slots.slotOf(value)));
      const record = entry && read<SlotRecord>(entry);
      if (record && "host" in record) return false;
      const holder = record?.singles[addressText(pool, value)];
      if (holder !== undefined && holder !== this.#parts.hostId) throw this.#taken(pool, value, holder);
      if (await this.#addSingle(held, pool, value, entry)) return true;
    }
  }

  /** The error for an address whose slot another host has not let go. */
  async refusal(held: HeldNetwork, pool: Holdings, value: bigint): Promise<EngineError> {
    const entry = await this.#parts.store.get(this.#key(held, pool, pool.slots.slotOf(value)));
    const record = entry && read<SlotRecord>(entry);
    return this.#taken(pool, value, record && "host" in record ? record.host : "");
  }

  #taken(pool: Holdings, value: bigint, host: string): EngineError {
    const owner = `host ${this.#parts.nameOf(host)}`;
    return new EngineError("ADDRESS_TAKEN", { address: addressText(pool, value), owner });
  }

  async #addSingle(held: HeldNetwork, pool: Holdings, value: bigint, entry: Entry | undefined): Promise<boolean> {
    const slot = pool.slots.slotOf(value);
    const key = this.#key(held, pool, slot);
    const before: Singles = entry ? read<{ singles: Singles }>(entry).singles : {};
    const singles = { ...before, [addressText(pool, value)]: this.#parts.hostId };
    const condition: Condition = entry ? { key, revision: entry.revision } : { key, is: "absent" };
    if (!(await this.#write(held, pool, slot, condition, writeOf(key, singles)))) return false;
    pool.singles.add(value);
    held.keep();
    return true;
  }

  /** Gives a whole slot up, but for the addresses that are in use here: those become single ones. */
  async split(held: HeldNetwork, pool: Holdings, slot: bigint): Promise<void> {
    const key = this.#key(held, pool, slot);
    const entry = await this.#parts.store.get(key);
    if (!entry || !this.#isOurs(entry)) return;
    const kept = pool.usedIn(slot);
    const singles = Object.fromEntries(kept.map((value) => [addressText(pool, value), this.#parts.hostId]));
    pool.whole.delete(slot);
    if (await this.#write(held, pool, slot, { key, revision: entry.revision }, writeOf(key, singles)))
      for (const value of kept) pool.singles.add(value);
    else held.compared = false;
    held.keep();
  }

  async returnSlot(held: HeldNetwork, pool: Holdings, slot: bigint): Promise<void> {
    const key = this.#key(held, pool, slot);
    const entry = await this.#parts.store.get(key);
    pool.whole.delete(slot);
    const isOurs = entry !== undefined && this.#isOurs(entry);
    if (!isOurs || !(await this.#write(held, pool, slot, { key, revision: entry.revision }, { delete: key })))
      held.compared = false;
    held.keep();
  }

  #isOurs(entry: Entry): boolean {
    const record = read<SlotRecord>(entry);
    return "host" in record && record.host === this.#parts.hostId;
  }

  async returnSingle(held: HeldNetwork, pool: Holdings, value: bigint): Promise<void> {
    const slot = pool.slots.slotOf(value);
    const key = this.#key(held, pool, slot);
    for (;;) {
      const entry = await this.#parts.store.get(key);
      pool.singles.delete(value);
      const record = entry && read<SlotRecord>(entry);
      const { [addressText(pool, value)]: mine, ...singles } = record && "singles" in record ? record.singles : {};
      const gone = !entry || mine !== this.#parts.hostId;
      if (gone || (await this.#write(held, pool, slot, { key, revision: entry.revision }, writeOf(key, singles))))
        break;
    }
    held.keep();
  }

  /** One write under the conditions that all have. Until its answer nobody knows what this host has of the slot. */
  async #write(held: HeldNetwork, pool: Holdings, slot: bigint, condition: Condition, write: Write): Promise<boolean> {
    const { id, name } = held.network;
    const member = this.#parts.member(`change what this host holds of network ${name}`);
    const network = "is" in condition && condition.is === "absent" ? [this.#parts.network(id)] : [];
    pool.unsure.add(slot);
    held.keep();
    try {
      const result = await this.#parts.store.txn([condition, member, ...network], [write]);
      pool.unsure.delete(slot);
      if (!result.done) await this.#parts.lookAgain(id);
      return result.done;
    } catch (error) {
      held.compared = false;
      throw error;
    }
  }

  #key = ({ network }: HeldNetwork, pool: Holdings, slot: bigint): string =>
    keys.slot(network.id, pool.slots.family, slot);
}

/** A slot of single addresses; without any it goes. */
const writeOf = (key: string, singles: Singles): Write =>
  Object.keys(singles).length === 0 ? { delete: key } : { put: key, value: JSON.stringify({ singles }) };
