import { EngineError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { Rollback } from "../../base/rollback.ts";
import type { Network } from "../../model/network.ts";
import type { NetworkRequest } from "../engine.ts";
import { reservePools } from "../networks/pools.ts";
import type { Parts } from "../parts.ts";
import { ownAddressIn } from "./clashes.ts";

/** How often default subnets are chosen anew when other hosts take them at the same instant. */
const attempts = 20;

/**
 * Makes a network of the cluster: subnets that this host can have, then name, VNI and subnets claimed in the store, which
 * is the commit point. What of it is in the kernel is made when somebody uses it.
 */
export async function shareNetwork(
  parts: Parts,
  draft: Network,
  request: NetworkRequest,
  rollback: Rollback,
): Promise<Network> {
  const { cluster, ipam } = parts;
  const spoilt: string[] = [];
  try {
    for (let attempt = 1; ; attempt++) {
      const pools = reservePools(parts, draft.id, request, rollback);
      const why = ownAddressIn(parts, pools);
      if (why !== undefined) throw new EngineError("NETWORK_REFUSED", { network: draft.name, why });
      try {
        const network = await cluster.createNetwork({ ...draft, pools });
        rollback.onFailure(`network ${network.name} of the cluster`, () => cluster.removeNetwork(network));
        return network;
      } catch (error) {
        if (attempt === attempts || !mayChooseAgain(error, request)) throw error;
        // Kept meanwhile under a name of their own, so that the next choice is another one.
        ipam.removeNetwork(draft.id);
        for (const pool of pools) spoilt.push(keepPool(parts, pool));
      }
    }
  } finally {
    for (const id of spoilt) ipam.removeNetwork(id);
  }
}

/** Default subnets only: what the user named is refused as it is. */
const mayChooseAgain = (error: unknown, { pools }: NetworkRequest): boolean =>
  error instanceof EngineError &&
  error.code === "SUBNET_OVERLAPS" &&
  !pools.some(({ subnet }) => subnet === (error.data as { subnet: string }).subnet);

function keepPool({ ipam }: Parts, pool: Network["pools"][number]): string {
  const id = newId();
  ipam.adoptPool(id, pool);
  return id;
}
