/** One first-come lock per key. Not re-entrant: take it once per use case, always with `await using`. */
export class KeyedLock {
  readonly #tails = new Map<string, Promise<void>>();

  /** Waits for everybody who asked for `key` before, then holds it until disposed. */
  async hold(key: string): Promise<AsyncDisposable> {
    const before = this.#tails.get(key) ?? Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    const tail = before.then(() => promise);
    this.#tails.set(key, tail);
    await before;
    return {
      [Symbol.asyncDispose]: async () => {
        if (this.#tails.get(key) === tail) this.#tails.delete(key);
        resolve();
      },
    };
  }

  /** Holds several keys, taken in sorted order so that two holders never wait for each other. */
  async holdAll(keys: Iterable<string>): Promise<AsyncDisposable> {
    const held = new AsyncDisposableStack();
    for (const key of [...new Set(keys)].sort()) held.use(await this.hold(key));
    return held;
  }
}
