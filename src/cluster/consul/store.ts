import type { Log } from "../../base/log.ts";
import type {
  ClusterStore,
  Condition,
  Entry,
  Lease,
  News,
  StoreAddress,
  StoreStatus,
  TxnResult,
  Write,
} from "../../contracts/cluster-store.ts";
import { checkKey, checkTransaction } from "../transaction.ts";
import { Agents } from "./agents.ts";
import { type Following, PrefixFollower } from "./follower.ts";
import { SessionLease } from "./lease.ts";
import { Places } from "./places.ts";
import { Pulse } from "./pulse.ts";
import { Reader } from "./reader.ts";
import { Root } from "./records.ts";
import { readStatus } from "./status.ts";
import { Transactions } from "./transactions.ts";

export interface ConsulOptions {
  /** After which a call fails. */
  readonly timeoutMs?: number;
  /** How often is asked whether the store is there, while something is followed. */
  readonly pulseMs?: number;
}

/** Consul's agents allow 200 connections of one client (http_max_conns_per_client); others of this host want some, too. */
const followedAtOnce = 128;
/** How long one is followed before another's turn, where there are more. */
const turnMs = 5_000;

/** Opens a client; connects when it is used. */
export const openConsulStore = (address: StoreAddress, log: Log, options: ConsulOptions = {}): ClusterStore =>
  new ConsulStore(address, log, options);

/** `ClusterStore` on Consul's key-value store, sessions and transactions, over its HTTP API. */
class ConsulStore implements ClusterStore {
  /**
   * One operation of Consul's 64 is kept for what a transaction needs besides; values go as Base64 in a request of
   * 512 KiB at most (txn_max_req_len).
   */
  readonly limits = { operations: 63, valueBytes: 368 * 1024 };
  readonly #agents: Agents;
  readonly #reader: Reader;
  readonly #transactions: Transactions;
  readonly #following: Following;
  readonly #timeoutMs: number;
  readonly #leases = new Set<SessionLease>();
  readonly #closed = new AbortController();

  constructor(address: StoreAddress, log: Log, { timeoutMs = 5_000, pulseMs = 3_000 }: ConsulOptions) {
    const root = new Root(address.prefix);
    this.#timeoutMs = timeoutMs;
    this.#agents = new Agents(address);
    this.#reader = new Reader(this.#agents, root, timeoutMs);
    this.#transactions = new Transactions(this.#agents, root, this.#reader, timeoutMs);
    this.#following = {
      reader: this.#reader,
      pulse: new Pulse(() => this.#reader.index("follow", "", { vital: true }), pulseMs),
      places: new Places(followedAtOnce, turnMs),
      log,
    };
  }

  async get(key: string): Promise<Entry | undefined> {
    checkKey(key);
    return this.#reader.get(key);
  }

  async list(prefix: string): Promise<{ readonly entries: readonly Entry[]; readonly revision: number }> {
    const { entries, index } = await this.#reader.list(prefix);
    return { entries, revision: index };
  }

  async txn(conditions: readonly Condition[], writes: readonly Write[]): Promise<TxnResult> {
    checkTransaction(conditions, writes, this.limits);
    return this.#transactions.run(conditions, writes);
  }

  follow(prefix: string, onNews: (news: News) => void, signal: AbortSignal): void {
    const until = AbortSignal.any([signal, this.#closed.signal]);
    void new PrefixFollower(this.#following, prefix, onNews, until).run();
  }

  async grant(ttlSeconds: number): Promise<Lease> {
    const lease = await SessionLease.create(this.#agents, ttlSeconds, this.#timeoutMs);
    this.#leases.add(lease);
    void lease.lost.then(() => this.#leases.delete(lease));
    return lease;
  }

  async status(): Promise<StoreStatus> {
    return readStatus(this.#agents, this.#timeoutMs, await this.#reader.index("read the store's status", ""));
  }

  /** Ends what follows and what is kept alive; leases that were not revoked end with their time. */
  async close(): Promise<void> {
    this.#closed.abort();
    for (const lease of this.#leases) lease.end();
    this.#agents.close();
  }
}
