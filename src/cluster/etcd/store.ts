import { EngineError } from "../../base/errors.ts";
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
import { formatClusterAddress } from "../address.ts";
import { checkKey, checkTransaction } from "../transaction.ts";
import { explain, toEngineError } from "./failure.ts";
import { Follow } from "./follow.ts";
import { type EtcdLease, grantLease } from "./lease.ts";
import { entryOf, listAll } from "./list.ts";
import { type Compare, compare, methods, type RequestOp } from "./protocol.ts";
import { readStatus } from "./status.ts";
import { Transport } from "./transport.ts";

export interface EtcdOptions {
  /** Of a call, all attempts together. */
  readonly timeoutMs?: number;
  /** See Follow. */
  readonly relistMs?: number;
  readonly scatterMs?: number;
}

/**
 * The cluster's store in etcd 3.4 or newer. Connects with the first call; throws INVALID for TLS files that cannot be
 * used. Two connections: one for leases, one for everything else.
 */
export const openEtcdStore = (address: StoreAddress, log: Log, options: EtcdOptions = {}): ClusterStore =>
  new EtcdStore(address, log, options);

class EtcdStore implements ClusterStore {
  /** etcd's defaults: --max-txn-ops 128, --max-request-bytes 1.5 MiB. */
  readonly limits = { operations: 128, valueBytes: 1024 * 1024 };
  readonly #name: string;
  readonly #root: string;
  readonly #log: Log;
  readonly #options: Required<EtcdOptions>;
  readonly #transport: Transport;
  readonly #leaseTransport: Transport;
  readonly #leases = new Set<EtcdLease>();
  readonly #closed = new AbortController();

  constructor(address: StoreAddress, log: Log, options: EtcdOptions) {
    this.#options = { timeoutMs: 5_000, relistMs: 3_600_000, scatterMs: 2_000, ...options };
    this.#name = formatClusterAddress(address);
    this.#root = `${address.prefix}/`;
    this.#log = log;
    this.#transport = new Transport(address, this.#options.timeoutMs);
    this.#leaseTransport = new Transport(address, this.#options.timeoutMs);
  }

  async get(key: string): Promise<Entry | undefined> {
    checkKey(key);
    return this.#explained(`read "${key}"`, async () => {
      const { kvs } = await this.#transport.call(methods.range, { key: this.#root + key }, { repeatable: true });
      return kvs[0] && entryOf(kvs[0], this.#root);
    });
  }

  async list(prefix: string): Promise<{ readonly entries: readonly Entry[]; readonly revision: number }> {
    return this.#explained(`list "${prefix}"`, async () => {
      const { entries, header } = await listAll(this.#transport, this.#root, prefix);
      return { entries, revision: header.revision };
    });
  }

  async txn(conditions: readonly Condition[], writes: readonly Write[]): Promise<TxnResult> {
    checkTransaction(conditions, writes, this.limits);
    const keys = [...new Set(conditions.map(({ key }) => this.#root + key))];
    const request = {
      compare: conditions.map((condition) => this.#compare(condition)),
      success: writes.map((write) => this.#operation(write)),
      failure: keys.map((key): RequestOp => ({ request_range: { key } })),
    };
    const what = writes[0] ? `write "${"put" in writes[0] ? writes[0].put : writes[0].delete}"` : "compare";
    return this.#explained(what, async () => {
      const { succeeded, header, responses } = await this.#transport.call(methods.txn, request);
      if (succeeded) return { done: true, revision: header.revision };
      const found = responses.flatMap(({ response_range }) => response_range?.kvs ?? []);
      return { done: false, found: found.map((kv) => entryOf(kv, this.#root)) };
    });
  }

  follow(prefix: string, onNews: (news: News) => void, signal: AbortSignal): void {
    const { relistMs, scatterMs } = this.#options;
    const options = { transport: this.#transport, root: this.#root, log: this.#log, relistMs, scatterMs };
    void new Follow(options, prefix, onNews, AbortSignal.any([signal, this.#closed.signal])).run();
  }

  async grant(ttlSeconds: number): Promise<Lease> {
    return this.#explained("ask for a lease", async () => {
      const lease = await grantLease(this.#leaseTransport, ttlSeconds, this.#log);
      this.#leases.add(lease);
      void lease.lost.then(() => this.#leases.delete(lease));
      return lease;
    });
  }

  async status(): Promise<StoreStatus> {
    return this.#explained("read the status", () => readStatus(this.#transport));
  }

  /** Ends what follows and what is kept alive; leases that were not revoked end with their time. */
  async close(): Promise<void> {
    this.#closed.abort();
    for (const lease of this.#leases) lease.end();
    this.#transport.close();
    this.#leaseTransport.close();
  }

  #compare(condition: Condition): Compare {
    const key = this.#root + condition.key;
    if ("revision" in condition) {
      return { key, result: compare.equal, target: compare.mod, mod_revision: condition.revision };
    }
    const result = condition.is === "absent" ? compare.equal : compare.greater;
    return { key, result, target: compare.create, create_revision: 0 };
  }

  #operation(write: Write): RequestOp {
    if ("delete" in write) return { request_delete_range: { key: this.#root + write.delete } };
    const lease = write.lease && { lease: Number(write.lease.id) };
    return { request_put: { key: this.#root + write.put, value: write.value, ...lease } };
  }

  async #explained<T>(what: string, body: () => Promise<T>): Promise<T> {
    try {
      return await body();
    } catch (error) {
      throw error instanceof EngineError ? error : toEngineError(explain(error), what, this.#name);
    }
  }
}
