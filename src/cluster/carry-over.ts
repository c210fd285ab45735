import { EngineError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { ClusterListener } from "../contracts/cluster.ts";
import type { Network } from "../model/network.ts";
import type { Networks } from "./networks.ts";

/**
 * Makes networks of a host that was alone, or in another cluster, this cluster's. Before the cluster's networks are
 * followed: those it does not have would be taken for removed. Returns those that it has now. Fails with STORE_AWAY.
 */
export async function carryOver(
  networks: readonly Network[],
  into: Pick<Networks, "carryOver">,
  log: Log,
  listener: Pick<ClusterListener, "onNetwork"> | undefined,
): Promise<Network[]> {
  const carried: Network[] = [];
  for (const network of networks) {
    try {
      const taken = await into.carryOver(network);
      carried.push(taken);
      listener?.onNetwork(taken);
    } catch (err) {
      if (!(err instanceof EngineError) || err.code === "STORE_AWAY") throw err;
      log.error(
        { err, network: network.name },
        "a network of this host cannot become the cluster's: it stays on this host alone",
      );
    }
  }
  return carried;
}
