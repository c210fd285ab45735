/** Kinds of records, each a JSON document under its id. */
export type RecordKind =
  | "meta"
  | "network"
  | "container"
  | "endpoint"
  | "claim"
  | "image"
  | "volume"
  | "cluster"
  | "journal";
export type StoreChange =
  | { readonly put: RecordKind; readonly id: string; readonly value: unknown }
  | { readonly delete: RecordKind; readonly id: string };

/**
 * How much a commit outlives: "disk", everything that a file system survives; "process", the end of this process, but
 * perhaps not of the machine. The latter is for what describes the kernel's state, which goes with the machine too.
 */
export type Durability = "disk" | "process";

/** The embedded store: crash-safe, transactional, one process. commit() is the commit point of every use case. */
export interface Store {
  all<T>(kind: RecordKind): T[];
  get<T>(kind: RecordKind, id: string): T | undefined;
  /** All changes or none, on return durable as asked for; "disk" (fsync) if nothing is said. */
  commit(changes: readonly StoreChange[], durability?: Durability): void;
  close(): void;
}
