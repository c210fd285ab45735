import assert from "node:assert/strict";
import { EngineError, type ErrorCode } from "../../base/errors.ts";
import type { ClusterStore, StoreAddress, TxnResult, Write } from "../../contracts/cluster-store.ts";

/** What the conformance suite needs of an adapter. */
export interface Subject {
  readonly name: string;
  /** Shortest lease that the store grants. */
  readonly leaseSeconds: number;
  /** A client of its own (own connections) on the keys below `prefix`. Whoever opens it closes it. */
  open(prefix: string): Promise<ClusterStore>;
  /** For a client in another process. Absent where the store lives in the process. */
  address?(prefix: string): StoreAddress;
  /** Absent where the store lives in the process. */
  readonly server?: {
    /** As `kill -9` and power loss do. Resolves when nothing of it runs. */
    kill(): Promise<void>;
    /** On the same data and address. Resolves when it answers. */
    start(): Promise<void>;
  };
}

let used = 0;

/** A prefix that no other test uses, and a client on it that closes itself. */
export async function freshStore(subject: Subject): Promise<AsyncDisposable & { store: ClusterStore; prefix: string }> {
  const prefix = `test${++used}`;
  const store = await subject.open(prefix);
  return { store, prefix, [Symbol.asyncDispose]: () => store.close() };
}

/** Another client on the same keys. */
export async function another(subject: Subject, prefix: string): Promise<AsyncDisposable & { store: ClusterStore }> {
  const store = await subject.open(prefix);
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

/** Writes without a condition. Returns the revision. */
export async function write(store: ClusterStore, ...writes: Write[]): Promise<number> {
  const result = await store.txn([], writes);
  assert.ok(result.done);
  return result.revision;
}

/** What is below a prefix, without revisions. */
export async function values(store: ClusterStore, prefix = ""): Promise<Record<string, string>> {
  const { entries } = await store.list(prefix);
  return Object.fromEntries(entries.map(({ key, value }) => [key, value]));
}

/** A transaction that was not carried out, without revisions. */
export function found(result: TxnResult): Record<string, string> {
  assert.equal(result.done, false);
  return result.done ? {} : Object.fromEntries(result.found.map(({ key, value }) => [key, value]));
}

/** For assert.rejects(): an error of the catalogue with this code. */
export const withCode =
  (code: ErrorCode) =>
  (error: unknown): boolean =>
    error instanceof EngineError && error.code === code;
