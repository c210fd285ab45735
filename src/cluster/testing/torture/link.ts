import { EngineError } from "../../../base/errors.ts";
import type { ClusterStore, Condition, Lease, TxnResult, Write } from "../../../contracts/cluster-store.ts";
import type { Chance } from "./chance.ts";
import { LinkFollow } from "./link-follow.ts";
import { LinkLease } from "./link-lease.ts";
import type { Actor, SimTime } from "./sim-time.ts";

/** How bad the way between a host and the store is; all times in milliseconds. */
export interface Weather {
  /** Share of calls that are lost on their way to the store, and of answers on their way back. */
  readonly lostCalls: number;
  readonly lostAnswers: number;
  /** Share of calls that are on their way for up to `slowMs`: longer than the caller waits, perhaps. */
  readonly slow: number;
  readonly slowMs: number;
  /** News are this late, at most. */
  readonly lagMs: number;
}

export const calm: Weather = { lostCalls: 0, lostAnswers: 0, slow: 0, slowMs: 0, lagMs: 20 };

export interface LinkParts {
  readonly time: SimTime;
  readonly chance: Chance;
  /** The host's process. */
  readonly host: Actor;
  /** What is between it and the store: goes on when the process does not. */
  readonly wire: Actor;
  readonly store: ClusterStore;
  /** A listener threw. */
  readonly onMistake: (error: unknown) => void;
}

/** How long a caller waits for an answer. */
const answerMs = 5_000;

/**
 * The store as a host reaches it over a network that loses, delays and reorders. A call that failed may have been carried
 * out, or be so later: ClusterStore promises no more.
 */
export class Link implements ClusterStore {
  readonly parts: LinkParts;
  readonly limits: ClusterStore["limits"];
  weather: Weather = calm;
  #cut = false;
  readonly #follows = new Set<LinkFollow>();
  readonly #leases = new WeakMap<Lease, LinkLease>();

  constructor(parts: LinkParts) {
    this.parts = parts;
    this.limits = parts.store.limits;
  }

  get isCut(): boolean {
    return this.#cut;
  }

  cut(): void {
    this.#cut = true;
    for (const follow of this.#follows) follow.cut();
  }

  mend(): void {
    if (!this.#cut) return;
    this.#cut = false;
    for (const follow of this.#follows) follow.mend();
  }

  /** Deltas are lost, as after a compaction: everybody is told all anew. */
  relist(): void {
    for (const follow of this.#follows) follow.relist();
  }

  /** The process ended: nobody listens any more. */
  hangUp(): void {
    for (const follow of this.#follows) follow.end();
  }

  get(key: string) {
    return this.call(`read "${key}"`, (store) => store.get(key));
  }

  list(prefix: string) {
    return this.call(`list "${prefix}"`, (store) => store.list(prefix));
  }

  txn(conditions: readonly Condition[], writes: readonly Write[]): Promise<TxnResult> {
    const translated = writes.map((write) => this.#translated(write));
    return this.call("write", (store) => store.txn(conditions, translated));
  }

  #translated(write: Write): Write {
    const lease = "put" in write && write.lease ? this.#leases.get(write.lease) : undefined;
    return lease ? { ...write, lease: lease.inner } : write;
  }

  follow: ClusterStore["follow"] = (prefix, onNews, signal) => {
    const follow = new LinkFollow(this, prefix, onNews);
    this.#follows.add(follow);
    signal.addEventListener("abort", () => {
      follow.end();
      this.#follows.delete(follow);
    });
  };

  async grant(ttlSeconds: number): Promise<Lease> {
    const sentAt = performance.now();
    const granted = await this.call("get a lease", async (store) => LinkLease.grant(this, store, ttlSeconds));
    this.#leases.set(granted, granted);
    granted.begin(sentAt);
    return granted;
  }

  status() {
    return this.call("ask for its status", (store) => store.status());
  }

  /** The store is everybody's. */
  async close(): Promise<void> {
    this.hangUp();
  }

  /** One call, from leaving the host to the answer; fails with STORE_AWAY. */
  call<T>(what: string, body: (store: ClusterStore) => Promise<T>): Promise<T> {
    const { time, host, wire, store } = this.parts;
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const fail = (why: string) => reject(new EngineError("STORE_AWAY", { what, store: "torture", why }));
    const deadline = time.after(host, answerMs, () => fail("no answer"));
    const answer = (deliver: () => void) => {
      deadline.cancelled = true;
      deliver();
    };
    const carryOut = () => {
      time
        .as(undefined, () => body(store))
        .then(
          (result) => this.#answer(() => answer(() => resolve(result))),
          (error: unknown) => this.#answer(() => answer(() => reject(error))),
        );
    };
    const { lostCalls } = this.weather;
    if (!this.#cut && !this.parts.chance.is(lostCalls)) time.after(wire, this.#delay(), carryOut);
    else if (this.#cut && this.parts.chance.is(0.2)) this.#whenMended(carryOut);
    else if (this.parts.chance.is(0.7)) time.after(host, this.#delay(), () => answer(() => fail("connection refused")));
    return promise;
  }

  /** A call that waits in a queue on the way, and arrives long after its caller has given up. */
  #whenMended(carryOut: () => void): void {
    const { time, wire, chance } = this.parts;
    const look = () => (this.#cut ? time.after(wire, 500, look) : carryOut());
    time.after(wire, chance.int(100, 3_000), look);
  }

  #answer(deliver: () => void): void {
    const { time, host, chance } = this.parts;
    if (this.#cut || chance.is(this.weather.lostAnswers)) return;
    time.after(host, this.#delay(), deliver);
  }

  #delay(): number {
    const { chance } = this.parts;
    const { slow, slowMs } = this.weather;
    return chance.is(slow) ? chance.next() * slowMs : 0.1 + chance.next() * 3;
  }
}
