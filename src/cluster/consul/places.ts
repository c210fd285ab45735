import { performance } from "node:perf_hooks";

export interface Place extends Disposable {
  /** Aborts when others wait and this one has been inside for long enough. */
  readonly leave: AbortSignal;
}

interface Inside {
  readonly since: number;
  readonly asked: AbortController;
  timer?: NodeJS.Timeout;
}

/**
 * So many may be inside at once. Others wait, first come, first served, and for each who waits the one who has been inside
 * longest is asked to leave, after `stayMs` at the earliest: so that all take turns.
 */
export class Places {
  readonly #count: number;
  readonly #stayMs: number;
  /** Longest inside first. */
  readonly #inside = new Set<Inside>();
  readonly #queue: ((place: Place) => void)[] = [];

  constructor(count: number, stayMs: number) {
    this.#count = count;
    this.#stayMs = stayMs;
  }

  async take(): Promise<Place> {
    if (this.#inside.size < this.#count) return this.#enter();
    const { promise, resolve } = Promise.withResolvers<Place>();
    this.#queue.push(resolve);
    this.#askOne();
    return promise;
  }

  #enter(): Place {
    const one: Inside = { since: performance.now(), asked: new AbortController() };
    this.#inside.add(one);
    return { leave: one.asked.signal, [Symbol.dispose]: () => this.#leave(one) };
  }

  #leave(one: Inside): void {
    if (!this.#inside.delete(one)) return;
    clearTimeout(one.timer);
    this.#queue.shift()?.(this.#enter());
    if (this.#queue.length > 0) this.#askOne();
  }

  #askOne(): void {
    const one = [...this.#inside].find(({ timer }) => timer === undefined);
    if (!one) return;
    const stayed = performance.now() - one.since;
    one.timer = setTimeout(() => one.asked.abort(), Math.max(0, this.#stayMs - stayed)).unref();
  }
}
