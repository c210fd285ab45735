import { EngineError } from "../base/errors.ts";
import type { ClusterStore } from "../contracts/cluster-store.ts";

/** The same store; `onDoubt` is called when a write failed that may be carried out all the same, now or later. */
export function doubting(store: ClusterStore, onDoubt: () => void): ClusterStore {
  return {
    get: (key) => store.get(key),
    list: (prefix) => store.list(prefix),
    follow: (prefix, onNews, signal) => store.follow(prefix, onNews, signal),
    grant: (ttlSeconds) => store.grant(ttlSeconds),
    status: () => store.status(),
    close: () => store.close(),
    limits: store.limits,
    async txn(conditions, writes) {
      try {
        return await store.txn(conditions, writes);
      } catch (error) {
        if (error instanceof EngineError && error.code === "STORE_AWAY") onDoubt();
        throw error;
      }
    },
  };
}
