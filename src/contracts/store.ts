/** Kinds of records, each a JSON document under its id. */
export type RecordKind = "meta" | "network" | "container" | "endpoint" | "image";

export type StoreChange =
  | { readonly put: RecordKind; readonly id: string; readonly value: unknown }
  | { readonly delete: RecordKind; readonly id: string };

/** The embedded store: crash-safe, transactional, one process. commit() is the commit point of every use case. */
export interface Store {
  all<T>(kind: RecordKind): T[];
  get<T>(kind: RecordKind, id: string): T | undefined;
  /** All changes or none, durable (fsync) on return. */
  commit(changes: readonly StoreChange[]): void;
  close(): void;
}
