import type { ClusterStore, Lease } from "../../contracts/cluster-store.ts";

type Call = "get" | "list" | "txn" | "grant";
type Hook = (...args: readonly unknown[]) => unknown;

/** A store with something in between: what happens, or fails, just before or after a call; and which leases are held. */
export class Interposed {
  readonly store: ClusterStore;
  readonly #held = new Set<Lease>();
  readonly #hooks: { readonly call: Call; readonly side: "before" | "after"; readonly hook: Hook }[] = [];

  constructor(store: ClusterStore) {
    this.store = {
      get: (key) => this.#around("get", [key], () => store.get(key)),
      list: (prefix) => this.#around("list", [prefix], () => store.list(prefix)),
      txn: (conditions, writes) => this.#around("txn", [conditions, writes], () => store.txn(conditions, writes)),
      grant: (ttlSeconds) => this.#around("grant", [ttlSeconds], async () => this.#note(await store.grant(ttlSeconds))),
      follow: (prefix, onNews, signal) => store.follow(prefix, onNews, signal),
      status: () => store.status(),
      limits: store.limits,
      close: async () => {},
    };
  }

  /** Leases that are neither lost nor given back. */
  get held(): number {
    return this.#held.size;
  }

  /** Runs `hook`, which may throw, before the next call of this kind that it returns anything but false for. */
  before(call: Call, hook: Hook): void {
    this.#hooks.push({ call, side: "before", hook });
  }

  /** The same after a call was carried out. */
  after(call: Call, hook: Hook): void {
    this.#hooks.push({ call, side: "after", hook });
  }

  async #around<T>(call: Call, args: readonly unknown[], body: () => Promise<T>): Promise<T> {
    await this.#run(call, "before", args);
    const result = await body();
    await this.#run(call, "after", args);
    return result;
  }

  async #run(call: Call, side: "before" | "after", args: readonly unknown[]): Promise<void> {
    const index = this.#hooks.findIndex((each) => each.call === call && each.side === side);
    const [found] = index < 0 ? [] : this.#hooks.splice(index, 1);
    if (found && (await found.hook(...args)) === false) this.#hooks.splice(index, 0, found);
  }

  #note(lease: Lease): Lease {
    this.#held.add(lease);
    void lease.lost.then(() => this.#held.delete(lease));
    return lease;
  }
}
