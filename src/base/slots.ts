/** Lets so many pieces of work run at the same time; the others wait in the order they came. */
export class Slots {
  readonly #atOnce: number;
  readonly #queue: (() => void)[] = [];
  #running = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#running >= this.#atOnce) await new Promise<void>((resolve) => this.#queue.push(resolve));
    else this.#running += 1;
    try {
      return await work();
    } finally {
      // Handed on, not given back: nobody who comes meanwhile gets ahead.
      const next = this.#queue.shift();
      if (next) next();
      else this.#running -= 1;
    }
  }
}
