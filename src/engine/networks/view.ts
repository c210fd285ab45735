import type { Network } from "../../model/network.ts";
import type { Filters, NetworkView } from "../engine.ts";
import type { Parts } from "../parts.ts";
import { matchesNetwork } from "./filters.ts";

/** What inspect shows: the network and the endpoints whose sandbox is open. */
export function viewNetwork({ state, ipam }: Pick<Parts, "state" | "ipam">, network: Network): NetworkView {
  const endpoints = state.endpointsOn(network.id).flatMap((endpoint) => {
    const container = state.containers.get(endpoint.containerId);
    return container?.state.status === "running" ? [{ endpoint, containerName: container.name }] : [];
  });
  return { network, endpoints, usage: network.pools.length > 0 && !network.configOnly ? ipam.usage(network.id) : [] };
}

/** Newest last; filters as `docker network ls` has them. */
export function listNetworks(parts: Pick<Parts, "state" | "ipam">, filters: Filters): NetworkView[] {
  const networks = [...parts.state.networks.values()].filter((network) =>
    matchesNetwork(parts.state, network, filters),
  );
  return networks.map((network) => viewNetwork(parts, network));
}
