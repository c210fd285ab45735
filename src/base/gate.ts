/** Many may pass together, or one alone: first come, first served, so that the one alone is never starved. */
export class Gate {
  #passing = 0;
  #alone = false;
  readonly #waiting: { alone: boolean; enter: () => void }[] = [];

  /** Passes beside others who share. */
  shared(): Promise<Disposable> {
    return this.#enter(false);
  }

  /** Passes with nobody else inside. */
  alone(): Promise<Disposable> {
    return this.#enter(true);
  }

  #enter(alone: boolean): Promise<Disposable> {
    const { promise, resolve } = Promise.withResolvers<Disposable>();
    this.#waiting.push({ alone, enter: () => resolve(this.#pass(alone)) });
    this.#admit();
    return promise;
  }

  #pass(alone: boolean): Disposable {
    this.#passing += 1;
    this.#alone = alone;
    let inside = true;
    return {
      [Symbol.dispose]: () => {
        if (!inside) return;
        inside = false;
        this.#passing -= 1;
        this.#alone = false;
        this.#admit();
      },
    };
  }

  #admit(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (this.#alone || (next.alone && this.#passing > 0)) return;
      this.#waiting.shift();
      next.enter();
    }
  }
}
