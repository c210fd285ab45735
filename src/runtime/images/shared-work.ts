/** Told of every step; what it is of is the caller's. */
export type Listener<P> = (progress: P) => void;

interface Work<T, P> {
  readonly promise: Promise<T>;
  readonly listeners: Set<Listener<P>>;
  readonly abort: AbortController;
  last: P | undefined;
}

/** Work that several want at once is done once: all are told how it goes, and it ends early only when all have left. */
export class SharedWork<T, P> {
  readonly #works = new Map<string, Work<T, P>>();

  async join(
    key: string,
    start: (signal: AbortSignal, report: Listener<P>) => Promise<T>,
    { signal, onProgress }: { readonly signal: AbortSignal; readonly onProgress: Listener<P> },
  ): Promise<T> {
    signal.throwIfAborted();
    const work = this.#works.get(key) ?? this.#start(key, start);
    work.listeners.add(onProgress);
    if (work.last !== undefined) onProgress(work.last);
    const { promise: left, reject } = Promise.withResolvers<never>();
    const leave = () => reject(signal.reason);
    signal.addEventListener("abort", leave, { once: true });
    try {
      return await Promise.race([work.promise, left]);
    } finally {
      signal.removeEventListener("abort", leave);
      work.listeners.delete(onProgress);
      if (work.listeners.size === 0) {
        work.abort.abort();
        if (this.#works.get(key) === work) this.#works.delete(key);
      }
    }
  }

  #start(key: string, start: (signal: AbortSignal, report: Listener<P>) => Promise<T>): Work<T, P> {
    const abort = new AbortController();
    const listeners = new Set<Listener<P>>();
    const report = (progress: P) => {
      work.last = progress;
      for (const listener of [...listeners]) listener(progress);
    };
    const work: Work<T, P> = { promise: start(abort.signal, report), listeners, abort, last: undefined };
    this.#works.set(key, work);
    const forget = () => {
      if (this.#works.get(key) === work) this.#works.delete(key);
    };
    work.promise.then(forget, forget);
    return work;
  }
}
