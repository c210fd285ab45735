import { cidrOf, containsIp } from "../../../base/cidr.ts";
import { parseIp } from "../../../base/ip.ts";
import type { NetworkView } from "../../../engine/engine.ts";
import type { Endpoint } from "../../../model/endpoint.ts";
import type { Network, Pool } from "../../../model/network.ts";

/** Docker's network.Inspect. Containers are told by inspect only; since 1.28 a list has none. */
export function networkJson(view: NetworkView, options: { containers: boolean }) {
  const { network } = view;
  return {
    Name: network.name,
    Id: network.id,
    Created: network.created,
    Scope: network.scope,
    Driver: network.driver,
    EnableIPv4: network.ipv4,
    EnableIPv6: network.ipv6,
    IPAM: ipamJson(network),
    Internal: network.internal,
    Attachable: network.attachable,
    Ingress: false,
    ConfigFrom: { Network: network.configFrom ?? "" },
    ConfigOnly: network.configOnly,
    Containers: options.containers ? { ...containersJson(view), ...remotesJson(view) } : {},
    Options: network.options,
    Labels: network.labels,
    ...(options.containers ? peersJson(view) : {}),
  };
}

function ipamJson(network: Network) {
  const { ipamOptions: options, builtIn, noIpamOptions } = network;
  return {
    Driver: network.ipamDriver || "default",
    // Docker: null for the networks it makes itself and where none were sent; its CLI sends an empty map.
    Options: (builtIn || noIpamOptions) && Object.keys(options).length === 0 ? null : options,
    Config: network.pools.length === 0 ? null : network.pools.map(poolJson),
  };
}

function poolJson({ subnet, range, gateway, aux }: Pool) {
  return {
    Subnet: subnet,
    ...(range ? { IPRange: range } : {}),
    ...(gateway ? { Gateway: gateway } : {}),
    ...(Object.keys(aux).length > 0 ? { AuxiliaryAddresses: aux } : {}),
  };
}

function containersJson({ endpoints }: NetworkView) {
  return Object.fromEntries(
    endpoints.map(({ endpoint, containerName }) => [endpoint.containerId, endpointResource(endpoint, containerName)]),
  );
}

/**
 * Endpoints of other hosts among the containers, under "ep-" and their id, as Docker's engine listed them when it shared
 * overlays through a store: so whoever looks whether a network is in use sees them, and takes none for a container here.
 */
function remotesJson({ network, remotes = [], peers = [] }: NetworkView) {
  return Object.fromEntries(
    remotes.map((remote) => [
      `ep-${remote.endpointId}`,
      {
        Name: remote.container,
        EndpointID: remote.endpointId,
        MacAddress: remote.mac,
        IPv4Address: withLength(network, remote.ipv4),
        IPv6Address: withLength(network, remote.ipv6),
        // Not of Docker's: its clients pass over fields they do not know.
        Host: peers.find(({ id }) => id === remote.hostId)?.name ?? remote.hostId,
      },
    ]),
  );
}

/** "10.0.9.2/24": the length is that of the pool the address is of; "" for none. */
function withLength({ pools }: Network, address: string | undefined): string {
  if (address === undefined) return "";
  const ip = parseIp(address);
  const pool = ip && pools.find(({ subnet }) => containsIp(cidrOf(subnet), ip));
  return pool ? `${address}/${pool.subnet.split("/")[1]}` : address;
}

/** Docker's network.PeerInfo. PathMTU is ours: only there where packets of full size do not arrive. */
const peerJson = ({ name, vtep, pathMtu }: NonNullable<NetworkView["peers"]>[number]) => ({
  Name: name,
  IP: vtep,
  ...(pathMtu === undefined ? {} : { PathMTU: pathMtu }),
});

function peersJson({ peers = [] }: NetworkView) {
  const reachable = peers.filter(({ vtep }) => vtep !== "");
  return reachable.length > 0 ? { Peers: reachable.map(peerJson) } : {};
}

/** Docker's network.EndpointResource: addresses with their prefix length, "" for none. */
function endpointResource(endpoint: Endpoint, containerName: string) {
  return {
    Name: containerName,
    EndpointID: endpoint.id,
    MacAddress: endpoint.mac ?? "",
    IPv4Address: endpoint.ipv4 ?? "",
    IPv6Address: endpoint.ipv6 ?? "",
  };
}
