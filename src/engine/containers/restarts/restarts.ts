import { Slots } from "../../../base/slots.ts";

/** How many containers are started by their policies at the same time: a daemon's start is no storm. */
const atOnce = 4;

export interface Attempt {
  readonly id: string;
  readonly delayMs: number;
  /** Containers whose own attempts, if they have one, come first: the creator of the sandbox to join, those linked to. */
  readonly after?: readonly string[];
  run(): Promise<void>;
}

interface Waiting {
  timer?: NodeJS.Timeout;
  readonly over: PromiseWithResolvers<void>;
}

/** Containers that wait to be started again by their policy. What is waited for is in the store, this is the clock. */
export class Restarts implements Disposable {
  readonly #waiting = new Map<string, Waiting>();
  readonly #slots = new Slots(atOnce);

  /** Runs the attempt when its time has come, unless it is cancelled. One that waits already is replaced. */
  schedule(attempt: Attempt): void {
    this.cancel(attempt.id);
    const waiting: Waiting = { over: Promise.withResolvers() };
    waiting.timer = setTimeout(() => void this.#due(attempt, waiting), attempt.delayMs);
    this.#waiting.set(attempt.id, waiting);
  }

  cancel(id: string): void {
    const waiting = this.#waiting.get(id);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(id);
    waiting.over.resolve();
  }

  /** When a container does not wait any more. */
  settled(id: string): Promise<void> {
    return this.#waiting.get(id)?.over.promise ?? Promise.resolve();
  }

  /** The daemon ends: the next one goes on from the store. */
  [Symbol.dispose](): void {
    for (const id of [...this.#waiting.keys()]) this.cancel(id);
  }

  /** An attempt that fails has said so itself. */
  async #due({ id, after = [], run }: Attempt, waiting: Waiting): Promise<void> {
    await Promise.all(after.map((other) => this.settled(other)));
    try {
      await this.#slots.run(async () => {
        if (this.#waiting.get(id) === waiting) await run();
      });
    } finally {
      if (this.#waiting.get(id) === waiting) this.#waiting.delete(id);
      waiting.over.resolve();
    }
  }
}
