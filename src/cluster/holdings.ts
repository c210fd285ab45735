import type { PoolSlots } from "./slots.ts";

/** What this host may hand out of one pool, and what it has handed out. In memory, synchronous. */
export class Holdings {
  readonly slots: PoolSlots;
  /** First addresses of slots that are this host's as a whole. */
  readonly whole = new Set<bigint>();
  /** Single addresses that are this host's, of slots that are nobody's as a whole. */
  readonly singles = new Set<bigint>();
  /** Address to owner ("container web"). */
  readonly used = new Map<bigint, string>();
  /** Of those in use: somebody else's by now, until their user has let them go. */
  readonly lost = new Set<bigint>();
  /** Of those in use: let go, but the others have yet to be told. */
  readonly leaving = new Set<bigint>();
  /** Of those in use: since before this process started. */
  readonly adopted = new Set<bigint>();
  /** Slots with a write on its way, or that failed and may have been carried out: nothing new comes out of these. */
  readonly unsure = new Set<bigint>();
  #next = 0n;

  constructor(slots: PoolSlots) {
    this.slots = slots;
  }

  holds = (value: bigint): boolean =>
    !this.lost.has(value) && (this.whole.has(this.slots.slotOf(value)) || this.singles.has(value));

  /** Whether an address that is in use is this host's. */
  owns = (value: bigint): boolean =>
    !this.lost.has(value) && (this.holds(value) || (this.used.has(value) && this.unsure.has(this.slots.slotOf(value))));

  take(value: bigint, owner: string): void {
    this.used.set(value, owner);
    for (const set of [this.leaving, this.adopted]) set.delete(value);
  }

  letGo(value: bigint): void {
    this.used.delete(value);
    for (const set of [this.lost, this.leaving, this.adopted]) set.delete(value);
  }

  /** Next address that is held and free, in turn: a freed one rests before it is used again. */
  takeNext(owner: string): bigint | undefined {
    const free = this.#free();
    const value = free.find((each) => each >= this.#next) ?? free[0] ?? this.#leaving[0];
    if (value === undefined) return undefined;
    this.take(value, owner);
    this.#next = value + 1n;
    return value;
  }

  /** Free dynamic addresses, ascending. */
  #free(): bigint[] {
    const inSlots = [...this.whole].flatMap((slot) => this.slots.addressesOf(slot));
    const held = [...inSlots, ...[...this.singles].filter((value) => this.slots.takes(value, this.slots.region))];
    return held.filter((value) => !this.used.has(value)).sort((a, b) => (a < b ? -1 : 1));
  }

  /** The last resort: whoever gets one of them takes its place in the store, too. */
  get #leaving(): bigint[] {
    return [...this.leaving].filter((value) => this.holds(value) && this.slots.takes(value, this.slots.region));
  }

  /** Whole slots none of whose addresses is in use. */
  get empty(): bigint[] {
    const busy = new Set([...this.used.keys()].map(this.slots.slotOf));
    return [...this.whole].filter((slot) => !busy.has(slot));
  }

  get free(): number {
    return this.#free().length;
  }

  /** The whole slot with most free addresses; undefined when none has any. */
  get roomiest(): bigint | undefined {
    const free = (slot: bigint) => this.slots.addressesOf(slot).length - this.usedIn(slot).length;
    return [...this.whole].filter((slot) => free(slot) > 0).sort((a, b) => free(b) - free(a))[0];
  }

  /** Addresses of a slot that are in use and this host's, as far as it knows. */
  usedIn = (slot: bigint): bigint[] =>
    [...this.used.keys()].filter((value) => this.slots.slotOf(value) === slot && !this.lost.has(value));
}
