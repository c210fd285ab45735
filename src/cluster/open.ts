import { invalid } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { ClusterStore, StoreAddress } from "../contracts/cluster-store.ts";

/**
 * Opens a client of the cluster's store. It connects by itself, now or when the store is there. Adapters are loaded when
 * they are needed: a host alone does not pay for them.
 */
export async function openClusterStore(address: StoreAddress, log: Log): Promise<ClusterStore> {
  if (address.kind === "etcd") return (await import("./etcd/store.ts")).openEtcdStore(address, log);
  if (address.kind === "consul") return (await import("./consul/store.ts")).openConsulStore(address, log);
  throw invalid("--cluster", `there is no adapter for ${address.kind}`);
}
