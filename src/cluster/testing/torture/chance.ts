/** A source of chance that gives the same again for the same seed. Not for secrets. */
export class Chance {
  #state: number;

  /** Any integer. */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** At least 0, less than 1. The "mulberry32" generator: 32 bits of state. */
  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  }

  /** An integer from `low` to `high`, both included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1));
  }

  /** True in this share of all cases. */
  is(share: number): boolean {
    return this.next() < share;
  }

  /** Throws for an empty list. */
  pick<T>(from: readonly T[]): T {
    const picked = from[this.int(0, from.length - 1)];
    if (from.length === 0) throw new Error("Cannot pick from nothing");
    return picked as T;
  }

  /** One of the names, each as often as its weight says. */
  weighted<T extends string>(weights: Readonly<Record<T, number>>): T {
    const all = Object.entries(weights) as [T, number][];
    let left = this.next() * all.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [name, weight] of all) {
      left -= weight;
      if (left < 0) return name;
    }
    return (all.at(-1) as [T, number])[0];
  }
}
