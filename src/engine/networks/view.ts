import { shortId } from "../../base/ids.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import { hasOwnPools, isShared, type Network } from "../../model/network.ts";
import type { Filters, NetworkView } from "../engine.ts";
import type { Parts } from "../parts.ts";
import { matchesNetwork } from "./filters.ts";

type ViewParts = Pick<Parts, "state" | "drivers" | "ipam" | "cluster" | "inUse" | "paths">;

/** What inspect shows: the network and the endpoints whose sandbox is open. */
export function viewNetwork(parts: ViewParts, network: Network): NetworkView {
  const { state, ipam, cluster, drivers } = parts;
  const endpoints = state.endpointsOn(network.id).flatMap((endpoint) => {
    const container = state.containers.get(endpoint.containerId);
    return container?.state.status === "running" ? [{ endpoint, containerName: nameOf(endpoint, container) }] : [];
  });
  const addressed = network.pools.length > 0 && !network.configOnly;
  // Of its own pools an IPAM plugin knows more than is asked here.
  const own = () => (hasOwnPools(network, drivers.find(network.driver)) ? ipam.usage(network.id) : []);
  const usage = () => (isShared(network) ? cluster.usage(network) : own());
  return {
    network,
    endpoints,
    usage: addressed ? usage() : [],
    ...(isShared(network) ? remotesOf(parts, network) : {}),
  };
}

/** Docker's name for the way out of a container that has none of its own. */
const nameOf = ({ leg, containerId }: Endpoint, { name }: Container): string =>
  leg ? `gateway_${shortId(containerId)}` : name;

/** Hosts that have endpoints on a network of the cluster, if this host is one of them, and the endpoints of the others. */
function remotesOf({ cluster, inUse, paths }: ViewParts, { id }: Network): Pick<NetworkView, "remotes" | "peers"> {
  if (!inUse.has(id)) return { remotes: [], peers: [] };
  const remotes = cluster.remotes(id);
  const ids = new Set([cluster.hostId, ...remotes.map(({ hostId }) => hostId)]);
  const hosts = cluster.hosts().filter((host) => ids.has(host.id));
  return { remotes, peers: hosts.map((host) => ({ ...host, pathMtu: paths.limit(host.vtep) })) };
}

/** Newest last; filters as `docker network ls` has them. */
export function listNetworks(parts: ViewParts, filters: Filters): NetworkView[] {
  const networks = [...parts.state.networks.values()].filter((network) =>
    matchesNetwork(parts.state, network, filters),
  );
  return networks.map((network) => viewNetwork(parts, network));
}
