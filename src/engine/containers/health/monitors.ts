import { Slots } from "../../../base/slots.ts";
import { longestTimerMs } from "./rules.ts";

/** Probes that run at the same time: each is a `runc exec`, and a machine full of containers has other work. */
const atOnce = 8;

export interface Check {
  readonly firstInMs: number;
  /** One probe and what follows from it; resolves to the time until the next, undefined to end. */
  probe(signal: AbortSignal): Promise<(() => Promise<number | undefined>) | undefined>;
}

interface Monitor {
  readonly stop: AbortController;
  probing: Promise<unknown>;
}

/** The clock of the health checks: one monitor for each container that is checked. */
export class HealthMonitors implements Disposable {
  readonly #monitors = new Map<string, Monitor>();
  readonly #slots = new Slots(atOnce);

  start(id: string, check: Check): void {
    void this.stop(id);
    const monitor: Monitor = { stop: new AbortController(), probing: Promise.resolve() };
    this.#monitors.set(id, monitor);
    void this.#watch(check, monitor);
  }

  /** No probe begins any more; resolves when a running one has ended. */
  async stop(id: string): Promise<void> {
    const monitor = this.#monitors.get(id);
    if (!monitor) return;
    this.#monitors.delete(id);
    monitor.stop.abort();
    await monitor.probing;
  }

  [Symbol.dispose](): void {
    for (const id of [...this.#monitors.keys()]) void this.stop(id);
  }

  async #watch(check: Check, monitor: Monitor): Promise<void> {
    const { signal } = monitor.stop;
    for (let waitMs: number | undefined = check.firstInMs; waitMs !== undefined; ) {
      await passes(waitMs, signal);
      if (signal.aborted) return;
      const settle = await this.#slots.run(async () => {
        if (signal.aborted) return undefined;
        // Only now: who stops this one need not wait for the probes of others, whose slots it waits for.
        const probing = check.probe(signal);
        monitor.probing = probing.catch(() => undefined);
        return probing;
      });
      waitMs = await settle?.();
    }
  }
}

/** Resolves when the time has passed, or at once when nobody waits any more. */
function passes(ms: number, signal: AbortSignal): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, Math.min(ms, longestTimerMs));
  const stop = () => {
    clearTimeout(timer);
    resolve();
  };
  signal.addEventListener("abort", stop, { once: true });
  return promise.finally(() => signal.removeEventListener("abort", stop));
}
