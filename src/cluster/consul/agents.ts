import http from "node:http";
import https from "node:https";
import { performance } from "node:perf_hooks";
import type { StoreAddress } from "../../contracts/cluster-store.ts";
import { type Answer, type Endpoint, ExchangeError, exchange, type Message, type Patience } from "./exchange.ts";
import { type Failure, failureOfStatus, storeError } from "./failure.ts";
import { readCertificates } from "./tls.ts";

export interface Call extends Omit<Message, "headers"> {
  /** Completes "Cannot ..." when it fails: "read hosts/a". */
  readonly what: string;
  /** May be carried out twice: another agent is asked even when the first may have got it. */
  readonly safe: boolean;
  /** Statuses that are answers. */
  readonly answers: readonly number[];
  /** Milliseconds for all attempts together. A call that waits for a change: for one attempt. */
  readonly patience: number | Patience;
  /** Has connections of its own, so that it does not queue behind a burst of others: what leases and liveness hang on. */
  readonly vital?: boolean;
  readonly signal?: AbortSignal;
}

/** An answer, and when its request was sent: performance.now(). */
export interface Reply extends Answer {
  readonly sentAt: number;
}

/** Connections by what they are for. With 128 that wait they stay below the 200 that an agent allows to one client. */
const connections = { waiting: Number.POSITIVE_INFINITY, vital: 8, others: 48 };
type Lane = keyof typeof connections;

/** Why a waiting call ended: its agent failed others. */
class MovedOn extends Error {}

/**
 * The agents of one Consul, asked in turn: one is kept to until it fails. What it does not answer goes to the next one
 * if that can do no harm.
 */
export class Agents {
  /** For people. */
  readonly store: string;
  readonly #endpoints: readonly Omit<Endpoint, "agent">[];
  readonly #lanes: Readonly<Record<Lane, http.Agent>>;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #closed = new AbortController();
  #current = 0;
  /** Aborted when the current agent is given up. */
  #left = new AbortController();

  constructor({ endpoints, tls, password }: StoreAddress) {
    this.store = endpoints.join(", ");
    // TCP keep-alive: a lost agent is noticed after 5 s and ten probes of 1 s, whatever waits on it (libuv, uv_tcp_keepalive).
    const options = { keepAlive: true, keepAliveMsecs: 5_000, ...(tls && readCertificates(tls)) };
    const lane = (name: Lane) => new (tls ? https : http).Agent({ ...options, maxSockets: connections[name] });
    this.#lanes = { waiting: lane("waiting"), vital: lane("vital"), others: lane("others") };
    this.#endpoints = endpoints.map((name) => ({ name, ...hostAndPort(name) }));
    this.#headers = password === undefined ? {} : { "X-Consul-Token": password };
  }

  /** Throws STORE_AWAY or STORE_REFUSED, or the signal's reason. */
  async send(call: Call): Promise<Reply> {
    const signal = call.signal ? AbortSignal.any([call.signal, this.#closed.signal]) : this.#closed.signal;
    const until = typeof call.patience === "number" ? performance.now() + call.patience : Number.POSITIVE_INFINITY;
    const failures: string[] = [];
    let refused = true;
    for (let left = this.#endpoints.length; ; ) {
      const index = this.#current;
      const result = await this.#attempt(index, call, patienceOf(call, until, left), signal);
      if ("status" in result) return result;
      if (result.moved) continue;
      left -= 1;
      refused &&= result.refused;
      failures.push(this.#endpoints.length > 1 ? `${this.#endpoints[index]?.name}: ${result.why}` : result.why);
      const another = left > 0 && !result.final && (call.safe || result.undone) && performance.now() < until;
      if (!another) throw storeError(call.what, this.store, { why: failures.join("; "), refused }, result.cause);
    }
  }

  close(): void {
    this.#closed.abort(storeError("go on", this.store, { why: "this host has closed it", refused: false }));
    for (const agent of Object.values(this.#lanes)) agent.destroy();
  }

  async #attempt(index: number, call: Call, patience: Patience, signal: AbortSignal): Promise<Reply | Failed> {
    const left = this.#left.signal;
    const sentAt = performance.now();
    const agent = this.#lanes[laneOf(call)];
    const endpoint = { ...(this.#endpoints[index] as Omit<Endpoint, "agent">), agent };
    try {
      const message = { ...call, headers: this.#headers };
      const answer = await exchange(
        endpoint,
        message,
        patience,
        laneOf(call) === "waiting" ? AbortSignal.any([signal, left]) : signal,
      );
      if (call.answers.includes(answer.status)) return { ...answer, sentAt };
      const failure = failureOfStatus(answer.status, answer.body);
      if (!failure.refused) this.#giveUp(index);
      return { ...failure, final: failure.refused, cause: undefined, moved: false }; // all agents ask the same ACL system
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof MovedOn) return { ...nothing, moved: true };
      if (!(error instanceof ExchangeError)) throw error;
      this.#giveUp(index);
      return { ...error.failure, final: false, cause: error.cause, moved: false };
    }
  }

  /** The next agent's turn, unless somebody else found out before. */
  #giveUp(index: number): void {
    if (this.#endpoints.length === 1 || index !== this.#current) return;
    this.#current = (index + 1) % this.#endpoints.length;
    const left = this.#left;
    this.#left = new AbortController();
    left.abort(new MovedOn());
  }
}

function laneOf({ patience, vital = false }: Call): Lane {
  if (typeof patience !== "number") return "waiting";
  return vital ? "vital" : "others";
}

interface Failed extends Failure {
  readonly cause: unknown;
  /** No other agent will say anything else. */
  readonly final: boolean;
  readonly moved: boolean;
}

const nothing = { why: "", refused: false, undone: true, final: false, cause: undefined };

/** A fair share of the time for each agent that may still be asked; a write that was sent is waited for to the end. */
function patienceOf({ patience, safe }: Call, until: number, left: number): Patience {
  if (typeof patience !== "number") return patience;
  const all = until - performance.now();
  return { connectMs: all / left, answerMs: safe ? all / left : all };
}

/** "10.0.0.1:8500", "[fd00::1]:8500", "consul.example:8500". */
function hostAndPort(name: string): { host: string; port: number } {
  const [, host = name, port = "8500"] = /^\[?(.*?)\]?(?::(\d+))?$/.exec(name) ?? [];
  return { host, port: Number(port) };
}
