export type WaitCondition = "not-running" | "next-exit" | "removed";

interface Waiter {
  readonly condition: WaitCondition;
  readonly tell: (exitCode: number) => void;
}

/** Who waits for containers to end or to be removed. Registering is synchronous: nothing that happens later is missed. */
export class Waiters {
  readonly #waiting = new Map<string, Set<Waiter>>();

  /** Resolves at the next end (or at removal, which is the end of all waiting); rejects when the signal aborts. */
  register(containerId: string, condition: WaitCondition, signal?: AbortSignal): Promise<number> {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const waiter: Waiter = { condition, tell: resolve };
    const waiting = this.#waiting.get(containerId) ?? new Set();
    this.#waiting.set(containerId, waiting.add(waiter));
    const giveUp = () => {
      this.#forget(containerId, waiter);
      reject(signal?.reason);
    };
    if (signal?.aborted) giveUp();
    else signal?.addEventListener("abort", giveUp, { once: true });
    return promise.finally(() => signal?.removeEventListener("abort", giveUp));
  }

  /** The container has ended, and everybody may see it. */
  ended(containerId: string, exitCode: number): void {
    this.#tell(containerId, exitCode, ({ condition }) => condition !== "removed");
  }

  /** The container is gone. */
  removed(containerId: string, exitCode: number): void {
    this.#tell(containerId, exitCode, () => true);
  }

  #tell(containerId: string, exitCode: number, whom: (waiter: Waiter) => boolean): void {
    for (const waiter of [...(this.#waiting.get(containerId) ?? [])].filter(whom)) {
      this.#forget(containerId, waiter);
      waiter.tell(exitCode);
    }
  }

  #forget(containerId: string, waiter: Waiter): void {
    const waiting = this.#waiting.get(containerId);
    waiting?.delete(waiter);
    if (waiting?.size === 0) this.#waiting.delete(containerId);
  }
}
