import { randomBytes } from "node:crypto";
import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import type { Log } from "../../base/log.ts";
import type { Lease } from "../../contracts/cluster-store.ts";
import { EtcdFailure, explain } from "./failure.ts";
import { methods } from "./protocol.ts";
import type { Stream, Transport } from "./transport.ts";

/** An unanswered keep-alive is given up for another endpoint after a third of the time, but not sooner. */
const shortestAnswerMs = 500;

/** What a lease needs of a transport. */
type Calls = Pick<Transport, "call" | "open">;

/**
 * Asks for a lease and keeps it alive on a stream of its own. `transport` should be one that carries nothing else.
 * Throws EtcdFailure.
 */
export async function grantLease(transport: Calls, ttlSeconds: number, log: Log): Promise<EtcdLease> {
  const sentAt = performance.now();
  const { ID, TTL } = await transport.call(methods.leaseGrant, { ID: newId(), TTL: ttlSeconds });
  return new EtcdLease(transport, { id: ID, ttlMs: TTL * 1000, sentAt, log });
}

/** 48 random bits and not 0: etcd's own choice may be beyond what a JavaScript number holds. One in use is refused. */
const newId = (): number => randomBytes(6).readUIntBE(0, 6) + 1;

/** A lease that keeps itself alive: every third of its time, by its own clock, until it is revoked or lost. */
export class EtcdLease implements Lease {
  readonly id: string;
  readonly lost: Promise<void>;
  readonly #transport: Calls;
  readonly #log: Log;
  readonly #ended = new AbortController();
  readonly #tellLost: () => void;
  #ttlMs: number;
  #renewedAt: number;
  #revocation: Promise<void> | undefined;
  #expiry: NodeJS.Timeout | undefined;

  constructor(transport: Calls, granted: { id: number; ttlMs: number; sentAt: number; log: Log }) {
    this.#transport = transport;
    this.#log = granted.log;
    this.id = String(granted.id);
    this.#ttlMs = granted.ttlMs;
    this.#renewedAt = granted.sentAt;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.lost = promise;
    this.#tellLost = resolve;
    this.#renewed(granted.sentAt, granted.ttlMs);
    void this.#run();
  }

  get renewedAt(): number {
    return this.#renewedAt;
  }

  /** Also when it is lost by our clock: the store may keep it, and its keys, for a while. */
  revoke(): Promise<void> {
    this.#revocation ??= this.#revoke();
    return this.#revocation;
  }

  async #revoke(): Promise<void> {
    this.#stop();
    await this.#giveBack();
    this.#tellLost();
  }

  /** Keeps it no longer, and tells the store nothing. */
  end(): void {
    this.#stop();
    this.#tellLost();
  }

  #stop(): void {
    clearTimeout(this.#expiry);
    this.#ended.abort();
  }

  async #giveBack(): Promise<void> {
    try {
      await this.#transport.call(methods.leaseRevoke, { ID: Number(this.id) }, { repeatable: true });
    } catch (error) {
      const failure = explain(error);
      if (failure.kind === "lease") return;
      this.#log.warn(
        { lease: this.id, why: failure.message },
        "Cannot revoke the lease: its keys go when its time is over",
      );
    }
  }

  async #run(): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      try {
        await this.#session();
      } catch (error) {
        if (signal.aborted) return;
        this.#log.debug({ lease: this.id, err: error }, "The stream of keep-alives ended");
        await rest(Math.min(this.#ttlMs / 20, 500), signal);
      }
    }
  }

  async #session(): Promise<void> {
    const { signal } = this.#ended;
    const stream = await this.#transport.open(methods.leaseKeepAlive);
    if (signal.aborted) return stream.close(); // meanwhile, which its listeners are not told any more
    const close = (): void => stream.close();
    signal.addEventListener("abort", close, { once: true });
    try {
      await this.#keepAlive(stream);
    } finally {
      signal.removeEventListener("abort", close);
      stream.close();
    }
  }

  /** One keep-alive at a time: the answer belongs to the last one sent. */
  async #keepAlive(stream: Stream<{ ID: number }, { TTL: number }>): Promise<void> {
    const ID = Number(this.id);
    let sentAt = performance.now();
    let late = this.#answerDue(stream);
    stream.send({ ID });
    try {
      for await (const { TTL } of stream) {
        clearTimeout(late);
        if (TTL <= 0) return this.end();
        this.#renewed(sentAt, TTL * 1000);
        await rest(sentAt + this.#ttlMs / 3 - performance.now(), this.#ended.signal);
        sentAt = performance.now();
        late = this.#answerDue(stream);
        stream.send({ ID });
      }
    } finally {
      clearTimeout(late);
    }
  }

  #answerDue(stream: { fail(failure: EtcdFailure): unknown }): NodeJS.Timeout {
    const ms = Math.max(this.#ttlMs / 3, shortestAnswerMs);
    return setTimeout(() => stream.fail(new EtcdFailure("away", `no answer to a keep-alive within ${ms} ms`)), ms);
  }

  /** The store counts from when the keep-alive came, which is after it was sent: our clock ends first. */
  #renewed(sentAt: number, ttlMs: number): void {
    this.#renewedAt = sentAt;
    this.#ttlMs = ttlMs;
    this.#expireInTime();
  }

  /** Ends it now when its time is over: also when the process stood still and wakes up to an answer that waited for it. */
  #expireInTime(): void {
    clearTimeout(this.#expiry);
    const leftMs = this.#renewedAt + this.#ttlMs - performance.now();
    if (leftMs <= 0) this.end();
    else this.#expiry = setTimeout(() => this.#expireInTime(), Math.ceil(leftMs)); // may be early by a millisecond
  }
}

/** Waits, or until the signal. */
async function rest(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0) await pause(ms, undefined, { signal }).catch(() => {}); // the caller looks at the signal
}
