import { newId } from "../base/ids.ts";
import type { ClusterStore } from "../contracts/cluster-store.ts";
import { keys } from "./keys.ts";

/** The id that the store's cluster has, made up by whoever comes first. */
export async function clusterIdOf(store: ClusterStore): Promise<string> {
  for (;;) {
    const entry = await store.get(keys.cluster);
    if (entry) return entry.value;
    await store.txn([{ key: keys.cluster, is: "absent" }], [{ put: keys.cluster, value: newId() }]);
  }
}
