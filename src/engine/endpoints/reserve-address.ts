import { shortId } from "../../base/ids.ts";
import type { Rollback } from "../../base/rollback.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import { isShared, type Network } from "../../model/network.ts";
import type { Parts } from "../parts.ts";

/** One address for an endpoint: the one asked for, or the next free one. Under the lock of the network. */
export async function reserveAddress(
  parts: Parts,
  place: { network: Network; endpoint: Endpoint; owner: string },
  { family, address }: { family: 4 | 6; address: string | undefined },
  rollback: Rollback,
): Promise<string> {
  const { network, endpoint, owner } = place;
  const wanted = { family, owner: `container ${owner}`, ...(address ? { address } : {}) };
  const got = isShared(network) ? await parts.cluster.reserve(network, wanted) : parts.ipam.reserve(network.id, wanted);
  rollback.onFailure(`address ${got} of endpoint ${shortId(endpoint.id)}`, () => releaseAddress(parts, network, got));
  return got;
}

/** Gives an address back. Idempotent. */
export function releaseAddress({ cluster, ipam }: Parts, network: Network, address: string): void {
  if (isShared(network)) cluster.release(network, address);
  else ipam.release(network.id, address);
}
