import type { RecordKind, Store, StoreChange } from "../../contracts/store.ts";
import type { Steps } from "./steps.ts";

/** A store in memory. */
export class MemoryStore implements Store {
  readonly records = new Map<string, { kind: RecordKind; value: unknown }>();
  /** The disk does not take anything. */
  broken = false;
  readonly #steps: Steps;
  constructor(steps: Steps) {
    this.#steps = steps;
  }
  all<T>(kind: RecordKind): T[] {
    return [...this.records.values()]
      .filter((each) => each.kind === kind)
      .map((each) => structuredClone(each.value) as T);
  }
  get<T>(kind: RecordKind, id: string): T | undefined {
    return this.all<T & { id: string }>(kind).find((each) => each.id === id);
  }
  commit(changes: readonly StoreChange[]): void {
    this.#steps.take("store.commit");
    if (this.broken) throw new Error("disk I/O error");
    for (const change of changes) {
      if ("put" in change) this.records.set(change.id, { kind: change.put, value: structuredClone(change.value) });
      else this.records.delete(change.id);
    }
  }
  close(): void {}
}
