import type { Condition, Entry, Write } from "../../contracts/cluster-store.ts";
import { encode, type KvRecord, type Root } from "./records.ts";

/** One operation of /v1/txn. */
export interface Operation {
  readonly KV: {
    readonly Verb: "set" | "lock" | "unlock" | "get" | "delete" | "check-index" | "check-not-exists";
    readonly Key: string;
    readonly Value?: string;
    readonly Index?: number;
    readonly Session?: string;
  };
}

/** The answer of /v1/txn. */
export interface TxnAnswer {
  /** Of sets, locks, unlocks and gets only, in their order. */
  readonly Results: readonly { readonly KV: KvRecord }[] | null;
  /** Every operation that failed. */
  readonly Errors: readonly { readonly OpIndex: number; readonly What: string }[] | null;
}

/** Names the operations of transactions on the keys below a root. */
export class Operations {
  readonly #root: Root;

  constructor(root: Root) {
    this.#root = root;
  }

  condition(condition: Condition): Operation {
    if ("revision" in condition) return this.unchanged(condition.key, condition.revision);
    return condition.is === "absent" ? this.absent(condition.key) : this.get(condition.key);
  }

  /** Fails for a key that is not there. */
  get = (key: string): Operation => ({ KV: { Verb: "get", Key: this.#root.full(key) } });

  absent = (key: string): Operation => ({ KV: { Verb: "check-not-exists", Key: this.#root.full(key) } });

  unchanged = (key: string, revision: number): Operation => ({
    KV: { Verb: "check-index", Key: this.#root.full(key), Index: revision },
  });

  /**
   * What carries writes out. A lock fails when another session has the key: those in `takeOver` are deleted before.
   * Deletes have no result to take the revision from, so that a key is set first where there are only deletes.
   */
  writes(writes: readonly Write[], takeOver: ReadonlySet<string>): Operation[] {
    const operations = writes.flatMap((write) => {
      if (!("put" in write)) return [this.#delete(write.delete)];
      if (!write.lease) return [this.#set(write.put, write.value)];
      const lock = this.#lock("lock", write.put, write.value, write.lease.id);
      return takeOver.has(write.put) ? [this.#delete(write.put), lock] : [lock];
    });
    const [first] = writes;
    const deletesOnly = first && "delete" in first && writes.every((write) => "delete" in write);
    return deletesOnly ? [this.#set(first.delete, ""), ...operations] : operations;
  }

  /** Gives up the lock that a session has on a key, if it is as it was. */
  detach(key: string, revision: number, value: string, session: string): Operation[] {
    return [this.unchanged(key, revision), this.#lock("unlock", key, value, session)];
  }

  #set = (key: string, value: string): Operation => ({
    KV: { Verb: "set", Key: this.#root.full(key), Value: encode(value) },
  });

  #delete = (key: string): Operation => ({ KV: { Verb: "delete", Key: this.#root.full(key) } });

  #lock = (verb: "lock" | "unlock", key: string, value: string, session: string): Operation => ({
    KV: { Verb: verb, Key: this.#root.full(key), Value: encode(value), Session: session },
  });
}

/** Whether the conditions hold where `found` are all keys that are there. */
export function hold(conditions: readonly Condition[], found: readonly Entry[]): boolean {
  const entries = new Map(found.map((entry) => [entry.key, entry]));
  return conditions.every((condition) => {
    const entry = entries.get(condition.key);
    if ("revision" in condition) return entry?.revision === condition.revision;
    return (condition.is === "present") === (entry !== undefined);
  });
}
