import { performance } from "node:perf_hooks";
import { EngineError } from "../../base/errors.ts";
import type { Lease } from "../../contracts/cluster-store.ts";
import type { Agents } from "./agents.ts";

/** What Consul's servers allow unless configured, in seconds: structs.SessionTTLMax, session_ttl_min. */
const allowed = { least: 10, most: 86_400 };

/**
 * A session of Consul. The servers end it between once and twice its TTL after the last renewal that reached them; its
 * holder takes it for lost after the TTL, on a clock of its own, and so always before.
 */
export class SessionLease implements Lease {
  readonly id: string;
  readonly lost: Promise<void>;
  readonly #agents: Agents;
  readonly #ttlMs: number;
  readonly #timeoutMs: number;
  readonly #resolve: () => void;
  #renewal: NodeJS.Timeout | undefined;
  #expiry: NodeJS.Timeout | undefined;
  #renewedAt: number;
  #ended = false;
  #revocation: Promise<void> | undefined;

  private constructor(agents: Agents, id: string, ttlSeconds: number, timeoutMs: number, createdAt: number) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.lost = promise;
    this.#resolve = resolve;
    this.#agents = agents;
    this.id = id;
    this.#ttlMs = ttlSeconds * 1000;
    this.#timeoutMs = timeoutMs;
    this.#renewedAt = createdAt;
    this.#renewed(createdAt);
  }

  /** With the next TTL that Consul allows. */
  static async create(agents: Agents, wantedSeconds: number, timeoutMs: number): Promise<SessionLease> {
    const ttl = Math.min(allowed.most, Math.max(allowed.least, Math.ceil(wantedSeconds)));
    // Without a lock delay, so that a key can be taken over at once; without checks, so that the session hangs on
    // its renewal and not on the health of the agent that happened to be asked.
    const session = { Name: "fairlead", TTL: `${ttl}s`, Behavior: "delete", LockDelay: "0s", NodeChecks: [] };
    const { body, sentAt } = await agents.send({
      what: "get a lease",
      method: "PUT",
      path: "/session/create",
      body: JSON.stringify(session),
      safe: true, // a second one that nobody knows of ends by itself
      vital: true,
      answers: [200],
      patience: timeoutMs,
    });
    const { ID } = JSON.parse(body) as { ID: string };
    return new SessionLease(agents, ID, ttl, timeoutMs, sentAt);
  }

  get renewedAt(): number {
    return this.#renewedAt;
  }

  /** Also when it is lost: its session may go on for a while, with its keys. */
  revoke(): Promise<void> {
    this.#revocation ??= this.#destroy();
    return this.#revocation;
  }

  async #destroy(): Promise<void> {
    this.end();
    const path = `/session/destroy/${this.id}`;
    const call = { what: "give a lease back", method: "PUT", path, safe: true, vital: true, answers: [200] } as const;
    try {
      await this.#agents.send({ ...call, patience: this.#timeoutMs });
    } catch (error) {
      if (!(error instanceof EngineError)) throw error; // otherwise it ends by itself, unrenewed
    }
  }

  /** Renews it no more. */
  end(): void {
    this.#ended = true;
    clearTimeout(this.#renewal);
    clearTimeout(this.#expiry);
    this.#resolve();
  }

  async #renew(): Promise<void> {
    const left = this.#renewedAt + this.#ttlMs - performance.now();
    if (left <= 0) return this.end(); // this process stood still
    const path = `/session/renew/${this.id}`;
    const call = { what: "renew a lease", method: "PUT", path, safe: true, vital: true, answers: [200, 404] } as const;
    try {
      const { status, sentAt } = await this.#agents.send({ ...call, patience: Math.min(left, this.#timeoutMs) });
      if (this.#ended) return;
      if (status === 404) this.end();
      else this.#renewed(sentAt);
    } catch (error) {
      if (!(error instanceof EngineError)) throw error;
      // Away, or refused for now: its time runs on, and it is tried again until that is over.
      if (!this.#ended) this.#plan(Math.min(1_000, this.#ttlMs / 10));
    }
  }

  #renewed(sentAt: number): void {
    this.#renewedAt = sentAt;
    this.#watch();
    if (!this.#ended) this.#plan(this.#ttlMs / 3 - (performance.now() - sentAt));
  }

  /** Timers of Node may fire up to a millisecond early, and a lease must not be given up while it is held. */
  #watch(): void {
    clearTimeout(this.#expiry);
    const left = this.#renewedAt + this.#ttlMs - performance.now();
    if (left <= 0) this.end();
    else this.#expiry = setTimeout(() => this.#watch(), Math.ceil(left));
  }

  #plan(ms: number): void {
    this.#renewal = setTimeout(() => void this.#renew(), ms);
  }
}
