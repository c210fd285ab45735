/**
 * Asks the store something small every few seconds while somebody waits for news from it, because a store that went
 * away looks like one in which nothing changes. When it does not answer, every wait ends with what the question failed of.
 */
export class Pulse {
  readonly #ask: () => Promise<unknown>;
  readonly #everyMs: number;
  readonly #waiting = new Set<AbortController>();
  #timer: NodeJS.Timeout | undefined;
  #asking = false;

  constructor(ask: () => Promise<unknown>, everyMs: number) {
    this.#ask = ask;
    this.#everyMs = everyMs;
  }

  /** Runs `wait` with a signal that aborts when `signal` does, or when the store does not answer. */
  async during<T>(signal: AbortSignal, wait: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const waiting = new AbortController();
    this.#waiting.add(waiting);
    this.#timer ??= setInterval(() => void this.#beat(), this.#everyMs).unref();
    try {
      return await wait(AbortSignal.any([signal, waiting.signal]));
    } finally {
      this.#waiting.delete(waiting);
      if (this.#waiting.size === 0) this.#rest();
    }
  }

  async #beat(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    const waiting = [...this.#waiting];
    try {
      await this.#ask();
    } catch (error) {
      for (const each of waiting) each.abort(error);
    } finally {
      this.#asking = false;
    }
  }

  #rest(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
