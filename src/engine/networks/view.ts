import type { Cluster } from "../../contracts/cluster.ts";
import { isShared, type Network } from "../../model/network.ts";
import type { Filters, NetworkView } from "../engine.ts";
import type { Parts } from "../parts.ts";
import { matchesNetwork } from "./filters.ts";

/** What inspect shows: the network and the endpoints whose sandbox is open. */
export function viewNetwork(
  { state, ipam, cluster }: Pick<Parts, "state" | "ipam" | "cluster">,
  network: Network,
): NetworkView {
  const endpoints = state.endpointsOn(network.id).flatMap((endpoint) => {
    const container = state.containers.get(endpoint.containerId);
    return container?.state.status === "running" ? [{ endpoint, containerName: container.name }] : [];
  });
  const addressed = network.pools.length > 0 && !network.configOnly;
  const usage = () => (isShared(network) ? cluster.usage(network) : ipam.usage(network.id));
  return {
    network,
    endpoints,
    usage: addressed ? usage() : [],
    ...(isShared(network) ? remotesOf(cluster, network) : {}),
  };
}

/** Hosts that have endpoints on a network of the cluster, as far as this host follows it, and the endpoints of others. */
function remotesOf({ remotes, hosts }: Cluster, { id }: Network): Pick<NetworkView, "remotes" | "peers"> {
  const there = remotes(id);
  const peers = hosts().filter((host) => there.some(({ hostId }) => hostId === host.id));
  return { remotes: there, peers };
}

/** Newest last; filters as `docker network ls` has them. */
export function listNetworks(parts: Pick<Parts, "state" | "ipam" | "cluster">, filters: Filters): NetworkView[] {
  const networks = [...parts.state.networks.values()].filter((network) =>
    matchesNetwork(parts.state, network, filters),
  );
  return networks.map((network) => viewNetwork(parts, network));
}
