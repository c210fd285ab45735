import type { NetworkView } from "../../engine/engine.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Network, Pool } from "../../model/network.ts";

/** Docker's network.Inspect. Containers are told by inspect only; since 1.28 a list has none. */
export function networkJson({ network, endpoints }: NetworkView, options: { containers: boolean }) {
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
    Containers: options.containers ? containersJson(endpoints) : {},
    Options: network.options,
    Labels: network.labels,
  };
}

function ipamJson(network: Network) {
  const options = network.ipamOptions;
  return {
    Driver: network.ipamDriver || "default",
    // Docker: null for the networks it makes itself, a map for those of users.
    Options: network.builtIn && Object.keys(options).length === 0 ? null : options,
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

function containersJson(endpoints: NetworkView["endpoints"]) {
  return Object.fromEntries(
    endpoints.map(({ endpoint, containerName }) => [endpoint.containerId, endpointResource(endpoint, containerName)]),
  );
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
