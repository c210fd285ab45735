import type { ClusterStore, Lease } from "../../../contracts/cluster-store.ts";
import type { Link } from "./link.ts";

/** How long the store itself keeps a lease: this part ends it before. */
const innerSeconds = 100_000;

/** A lease over a link: kept alive by calls that can be lost, and counted at both ends. */
export class LinkLease implements Lease {
  readonly inner: Lease;
  readonly id: string;
  readonly lost: Promise<void>;
  readonly #link: Link;
  readonly #ttlMs: number;
  #tellLost: () => void = () => {};
  #renewedAt = 0;
  #expiry: { cancelled: boolean } | undefined;
  #gone = false;
  #ended = false;

  private constructor(link: Link, inner: Lease, ttlSeconds: number) {
    this.#link = link;
    this.inner = inner;
    this.id = inner.id;
    this.#ttlMs = ttlSeconds * 1000;
    this.lost = new Promise((resolve) => {
      this.#tellLost = resolve;
    });
  }

  /** At the store: its time begins. */
  static async grant(link: Link, store: ClusterStore, ttlSeconds: number): Promise<LinkLease> {
    const lease = new LinkLease(link, await store.grant(innerSeconds), ttlSeconds);
    lease.#prolong();
    return lease;
  }

  /** At the host. `sentAt`: of the call that was answered. */
  begin(sentAt: number): void {
    this.#renewedAt = sentAt;
    const timer = setInterval(() => {
      if (this.#ended) clearInterval(timer);
      else if (performance.now() - this.#renewedAt >= this.#ttlMs) this.#end();
      else void this.#keepAlive();
    }, this.#ttlMs / 3);
  }

  get renewedAt(): number {
    return this.#renewedAt;
  }

  async revoke(): Promise<void> {
    this.#end();
    await this.#link.call("revoke a lease", () => this.expire()).catch(() => {}); // it runs out by itself
  }

  /** At the store: it is over. */
  async expire(): Promise<void> {
    if (this.#expiry) this.#expiry.cancelled = true;
    this.#gone = true;
    await this.inner.revoke();
  }

  #end(): void {
    this.#ended = true;
    this.#tellLost();
  }

  async #keepAlive(): Promise<void> {
    const sentAt = performance.now();
    try {
      const alive = await this.#link.call("keep a lease alive", async () => this.#prolong());
      if (!alive) this.#end();
      else if (!this.#ended) this.#renewedAt = Math.max(this.#renewedAt, sentAt);
    } catch {
      // The next one may come through; otherwise its time runs out here, too.
    }
  }

  /** At the store. */
  #prolong(): boolean {
    if (this.#gone) return false;
    if (this.#expiry) this.#expiry.cancelled = true;
    const { time, wire } = this.#link.parts;
    this.#expiry = time.after(wire, this.#ttlMs, () => void time.as(undefined, () => this.expire()));
    return true;
  }
}
