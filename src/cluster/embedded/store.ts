import { EngineError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type {
  ClusterStore,
  Condition,
  Entry,
  Lease,
  News,
  StoreStatus,
  TxnResult,
  Write,
} from "../../contracts/cluster-store.ts";
import type { Store, StoreChange } from "../../contracts/store.ts";
import { byKey, checkKey, checkTransaction, keyOf } from "../transaction.ts";
import { Followers } from "./followers.ts";
import { EmbeddedLease } from "./lease.ts";

/** As it is kept on disk, under its key. */
interface Kept {
  readonly value: string;
  readonly revision: number;
  readonly lease?: string;
}

/** The revision of the last change, in the records of kind "meta". */
const revisionId = "cluster-revision";

/**
 * The store of a host without a cluster: the same semantics in one process. Keys and revisions are kept in `store`,
 * which close() leaves open; leases live in memory, so the keys of those that an earlier process had are removed here.
 */
export const openEmbeddedStore = (store: Store, log: Log): ClusterStore => new EmbeddedStore(store, log);

class EmbeddedStore implements ClusterStore {
  readonly limits = { operations: 128, valueBytes: 1024 * 1024 };
  readonly #store: Store;
  readonly #log: Log;
  readonly #entries = new Map<string, Entry & { readonly lease?: string }>();
  readonly #leases = new Map<string, EmbeddedLease>();
  readonly #followers: Followers;
  #revision: number;

  constructor(store: Store, log: Log) {
    this.#store = store;
    this.#log = log;
    this.#revision = store.get<number>("meta", revisionId) ?? 1;
    for (const entry of store.all<Kept & { key: string }>("cluster")) this.#entries.set(entry.key, entry);
    this.#followers = new Followers(log, (prefix) => this.#snapshot(prefix));
    this.#commit(deletesOf([...this.#entries.values()].filter(({ lease }) => lease !== undefined)));
  }

  async get(key: string): Promise<Entry | undefined> {
    checkKey(key);
    const entry = this.#entries.get(key);
    return entry && bare(entry);
  }

  async list(prefix: string): Promise<{ readonly entries: readonly Entry[]; readonly revision: number }> {
    return this.#snapshot(prefix);
  }

  async txn(conditions: readonly Condition[], writes: readonly Write[]): Promise<TxnResult> {
    checkTransaction(conditions, writes, this.limits);
    if (!conditions.every((condition) => this.#holds(condition)))
      return { done: false, found: this.#found(conditions) };
    for (const write of writes) this.#checkLease(write);
    this.#commit(writes);
    return { done: true, revision: this.#revision };
  }

  follow(prefix: string, onNews: (news: News) => void, signal: AbortSignal): void {
    this.#followers.add(prefix, onNews, signal);
  }

  async grant(ttlSeconds: number): Promise<Lease> {
    const lease = new EmbeddedLease(ttlSeconds, () => this.#end(lease));
    this.#leases.set(lease.id, lease);
    return lease;
  }

  async status(): Promise<StoreStatus> {
    const members = [{ name: "this host", endpoint: "embedded", leader: true }];
    return { version: "embedded", members, warnings: [], revision: this.#revision };
  }

  async close(): Promise<void> {
    this.#followers.close();
    for (const lease of [...this.#leases.values()]) await lease.revoke();
  }

  #end({ id }: EmbeddedLease): void {
    this.#leases.delete(id);
    try {
      this.#commit(deletesOf([...this.#entries.values()].filter(({ lease }) => lease === id)));
    } catch (err) {
      // Nobody waits for it: a full disk and the like. The keys go at the next opening.
      this.#log.error({ err, lease: id }, "Cannot remove the keys of a lease that ended");
    }
  }

  #snapshot(prefix: string): { entries: Entry[]; revision: number } {
    const below = [...this.#entries.values()].filter(({ key }) => key.startsWith(prefix));
    return { entries: below.map(bare).sort(byKey), revision: this.#revision };
  }

  #holds(condition: Condition): boolean {
    const entry = this.#entries.get(condition.key);
    if ("revision" in condition) return entry?.revision === condition.revision;
    return (condition.is === "present") === (entry !== undefined);
  }

  #found(conditions: readonly Condition[]): Entry[] {
    const keys = new Set(conditions.map(({ key }) => key));
    return [...keys].flatMap((key) => this.#entries.get(key) ?? []).map(bare);
  }

  #checkLease(write: Write): void {
    if (!("put" in write) || write.lease === undefined || this.#leases.has(write.lease.id)) return;
    const why = `the lease ${write.lease.id} is gone`;
    throw new EngineError("STORE_REFUSED", { what: `write "${write.put}"`, store: "this host", why });
  }

  /** Disk first: what cannot be kept is not seen either. Deletes of what is not there change nothing. */
  #commit(writes: readonly Write[]): void {
    const effective = writes.filter((write) => "put" in write || this.#entries.has(write.delete));
    if (effective.length === 0) return;
    const revision = this.#revision + 1;
    const changes = effective.map((write) => changeOf(write, revision));
    this.#store.commit([...changes, { put: "meta", id: revisionId, value: revision }]);
    this.#revision = revision;
    const puts = effective.flatMap((write) => ("put" in write ? [{ ...kept(write, revision), key: write.put }] : []));
    const deletes = effective.filter((write) => "delete" in write).map(keyOf);
    for (const entry of puts) this.#entries.set(entry.key, entry);
    for (const key of deletes) this.#entries.delete(key);
    this.#followers.tell(puts.map(bare), deletes, revision);
  }
}

const bare = ({ key, value, revision }: Entry): Entry => ({ key, value, revision });

const deletesOf = (entries: readonly Entry[]): Write[] => entries.map(({ key }) => ({ delete: key }));

const kept = (write: Extract<Write, { put: string }>, revision: number): Kept => ({
  value: write.value,
  revision,
  ...(write.lease && { lease: write.lease.id }),
});

function changeOf(write: Write, revision: number): StoreChange {
  if ("delete" in write) return { delete: "cluster", id: write.delete };
  return { put: "cluster", id: write.put, value: { key: write.put, ...kept(write, revision) } };
}
