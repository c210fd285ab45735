import { randomUUID } from "node:crypto";
import { performance } from "node:perf_hooks";
import type { Lease } from "../../contracts/cluster-store.ts";

/** A lease of the embedded store. It renews itself by a timer, so it is lost when the process stood still for its TTL. */
export class EmbeddedLease implements Lease {
  readonly id = randomUUID();
  readonly lost: Promise<void>;
  readonly #ttlMs: number;
  readonly #end: () => void;
  readonly #timer: NodeJS.Timeout;
  #renewedAt = performance.now();

  /** `onEnd` removes its keys; called once. */
  constructor(ttlSeconds: number, onEnd: () => void) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.lost = promise;
    this.#ttlMs = ttlSeconds * 1000;
    this.#timer = setInterval(() => this.#renew(), this.#ttlMs / 3).unref();
    let ended = false;
    this.#end = () => {
      if (ended) return;
      ended = true;
      clearInterval(this.#timer);
      onEnd();
      resolve();
    };
  }

  get renewedAt(): number {
    return this.#renewedAt;
  }

  async revoke(): Promise<void> {
    this.#end();
  }

  #renew(): void {
    const now = performance.now();
    if (now - this.#renewedAt >= this.#ttlMs) this.#end();
    else this.#renewedAt = now;
  }
}
