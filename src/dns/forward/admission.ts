/**
 * Bounds the queries that wait for upstreams. A sandbox may have as many waiting as there are places left over all: one
 * alone gets half of them, n greedy ones get an equal share each, and a newcomer always finds room. (The dynamic
 * thresholds of Choudhury and Hahne, as in the shared buffers of switches.)
 */
export class Admission {
  readonly #limit: number;
  readonly #waiting = new Map<string, number>();
  #total = 0;

  constructor(limit = 1024) {
    this.#limit = limit;
  }

  /** Takes a place. False: there is none for this sandbox. */
  enter(sandboxId: string): boolean {
    const mine = this.#waiting.get(sandboxId) ?? 0;
    if (mine >= this.#limit - this.#total) return false;
    this.#waiting.set(sandboxId, mine + 1);
    this.#total += 1;
    return true;
  }

  leave(sandboxId: string): void {
    const mine = this.#waiting.get(sandboxId) ?? 0;
    if (mine > 1) this.#waiting.set(sandboxId, mine - 1);
    else this.#waiting.delete(sandboxId);
    this.#total -= 1;
  }

  get total(): number {
    return this.#total;
  }
}
