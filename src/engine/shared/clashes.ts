import { cidrOf, containsIp, formatCidr } from "../../base/cidr.ts";
import { EngineError } from "../../base/errors.ts";
import { ipOf } from "../../base/ip.ts";
import { hostNetns } from "../../contracts/kernel.ts";
import type { Network, Pool } from "../../model/network.ts";
import type { Parts } from "../parts.ts";

/** Why this host cannot use a network of the cluster; undefined: it can. Looked at anew each time: what was in the way may be gone. */
export function clashOf(parts: Parts, network: Network): string | undefined {
  if (parts.clashes.has(network.id)) adoptPools(parts, network);
  // While it is in use here its bridge is there, and the host has come to terms with it.
  return (
    parts.clashes.get(network.id) ?? (parts.inUse.has(network.id) ? undefined : ownAddressIn(parts, network.pools))
  );
}

/** A subnet with an address of the host's own in it: a bridge with that subnet would take the host off its LAN. */
export function ownAddressIn({ kernel }: Pick<Parts, "kernel">, pools: readonly Pool[]): string | undefined {
  const blocks = pools.map(({ subnet }) => cidrOf(subnet));
  for (const { name, alias, addresses } of kernel.links(hostNetns)) {
    if (alias.startsWith("fairlead ")) continue;
    for (const text of addresses) {
      const address = text.split("/", 1)[0] ?? "";
      const block = blocks.find((each) => containsIp(each, ipOf(address)));
      if (block) return `its subnet ${formatCidr(block)} has the host's own address ${address} (${name}) in it`;
    }
  }
  return undefined;
}

/** Subnets that this host has in use itself cannot be had here: the network is known, and says so when it is joined. */
export function adoptPools({ ipam, clashes, log }: Parts, network: Network): void {
  try {
    for (const pool of network.pools) ipam.adoptPool(network.id, pool);
    clashes.delete(network.id);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    ipam.removeNetwork(network.id);
    clashes.set(network.id, error.message);
    log.error({ err: error, network: network.name }, "a network of the cluster cannot be used on this host");
  }
}
