/** One key as the store has it. Keys are "/"-separated paths below the cluster's prefix, without a leading slash. */
export interface Entry {
  readonly key: string;
  readonly value: string;
  /** Of the last change to this key (etcd: mod_revision, Consul: ModifyIndex). Grows with every change of the store. */
  readonly revision: number;
}

/** What must hold for a transaction to be carried out. */
export type Condition =
  | { readonly key: string; readonly is: "absent" }
  | { readonly key: string; readonly is: "present" }
  /** Unchanged since it was read. */
  | { readonly key: string; readonly revision: number };

export type Write =
  /** With a lease the key goes when the lease does. */
  { readonly put: string; readonly value: string; readonly lease?: Lease } | { readonly delete: string };

export type TxnResult =
  | { readonly done: true; readonly revision: number }
  /** Nothing was written. `found`: the keys of the conditions as they are, those that exist. */
  | { readonly done: false; readonly found: readonly Entry[] };

/** What follow() tells, in order. */
export type News =
  /** All there is below the prefix: at first, and whenever deltas were lost (compaction, another member, an outage). */
  | { readonly kind: "snapshot"; readonly entries: readonly Entry[]; readonly revision: number }
  | {
      readonly kind: "changes";
      readonly puts: readonly Entry[];
      readonly deletes: readonly string[];
      readonly revision: number;
    }
  /** Nothing can be heard; what follows it is a snapshot, or changes without a gap. `why`: for people. */
  | { readonly kind: "away"; readonly why: string }
  /** It can be heard again and nothing was missed: only when no snapshot is needed. */
  | { readonly kind: "back" };

/** Keys put under it live as long as it is kept alive. */
export interface Lease {
  readonly id: string;
  /** Resolves when it is certain that the lease is gone, or that it can no longer be told. Never rejects. */
  readonly lost: Promise<void>;
  /** Monotonic milliseconds (performance.now()) of the sending of the last keep-alive that was answered. */
  readonly renewedAt: number;
  /** Gives it back: its keys go at once. Idempotent; best effort when the store is away. */
  revoke(): Promise<void>;
}

/** Who answers, for `fairlead cluster status`. */
export interface StoreStatus {
  /** "etcd 3.5.16", "consul 1.8.7", "embedded". */
  readonly version: string;
  readonly members: readonly { readonly name: string; readonly endpoint: string; readonly leader: boolean }[];
  /** What is wrong with it and what to do, in sentences: a version that loses events, a database almost full. */
  readonly warnings: readonly string[];
  readonly revision: number;
}

/**
 * What hosts share: an ordered key-value store with compare-and-swap, leases and change streams. Every call fails with
 * EngineError STORE_AWAY (after `timeoutMs` at the latest) or STORE_REFUSED (credentials, permissions, version); a write
 * that failed with STORE_AWAY may have been carried out all the same.
 */
export interface ClusterStore {
  /** Linearizable. */
  get(key: string): Promise<Entry | undefined>;
  /** Everything below a prefix, at one revision, in pages, ascending by key. Linearizable. */
  list(prefix: string): Promise<{ readonly entries: readonly Entry[]; readonly revision: number }>;
  /** All writes or none. At most 128 conditions and writes together (64 on Consul): see `limits`. */
  txn(conditions: readonly Condition[], writes: readonly Write[]): Promise<TxnResult>;
  /** Lists, then watches, for ever: resumes after outages, lists anew after compaction. Ends with the signal. */
  follow(prefix: string, onNews: (news: News) => void, signal: AbortSignal): void;
  /** Keeps itself alive until revoked or lost. */
  grant(ttlSeconds: number): Promise<Lease>;
  status(): Promise<StoreStatus>;
  /** Of one transaction: conditions and writes together; the bytes of all its values together. More is INVALID. */
  readonly limits: { readonly operations: number; readonly valueBytes: number };
  close(): Promise<void>;
}

/** How a store is reached: from --cluster and its companions. */
export interface StoreAddress {
  readonly kind: "etcd" | "consul";
  /** "10.0.0.1:2379", several: tried in turn. */
  readonly endpoints: readonly string[];
  /** Keys live below it: "fairlead" unless the URL has a path. */
  readonly prefix: string;
  readonly tls?: { readonly ca?: string; readonly certificate?: string; readonly key?: string };
  /** etcd: user and password; Consul: the token is the password. */
  readonly user?: string;
  readonly password?: string;
}
