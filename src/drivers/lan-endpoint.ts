import type { Gateways, Plan } from "../contracts/driver.ts";
import { hostNetns, type KernelObject, type NetnsRef, type ParentedObject } from "../contracts/kernel.ts";
import type { Endpoint } from "../model/endpoint.ts";
import { gatewayOf, type Network } from "../model/network.ts";
import { endpointSysctls, interfaceAddresses } from "./interface-options.ts";
import { hostAccess } from "./lan-options.ts";
import { shimName } from "./lan-shim.ts";

/** Who an object of an endpoint belongs to, and why it is there. */
export const endpointMark = (network: Network, endpoint: Endpoint) => ({
  owner: `endpoint/${endpoint.id}`,
  why: `${endpoint.dnsNames[0] ?? "endpoint"} on ${network.name}`,
});

/** A link on the parent, straight inside the sandbox, with the endpoint's addresses; and the host's way to it. */
export function lanEndpointPlan(place: {
  network: Network;
  endpoint: Endpoint;
  sandbox: NetnsRef;
  link: ParentedObject;
}): Plan {
  const { network, endpoint, sandbox, link } = place;
  const mark = { ...endpointMark(network, endpoint), netns: sandbox };
  const asked = endpointSysctls(endpoint, link.name);
  const ownIpv6 = network.ipv6 ? ipv6Settings(link.name) : [];
  const settings = [...ownIpv6.filter(([key]) => !asked.some(([other]) => other === key)), ...asked];
  const objects: KernelObject[] = [
    link,
    ...settings.map(
      ([key, value]) =>
        ({ kind: "sysctl", ...mark, key, value, optional: ownIpv6.some(([own]) => own === key) }) as const,
    ),
    ...interfaceAddresses(endpoint).map((address) => ({ kind: "address", ...mark, link: link.name, address }) as const),
    ...(hostAccess(network) ? wayFromHost(network, endpoint) : []),
  ];
  return { objects, elements: [] };
}

/** Addresses and routes are ours to give: the LAN's router advertises its own. */
const ipv6Settings = (link: string): [string, string][] => [
  [`net/ipv6/conf/${link}/accept_ra`, "0"],
  [`net/ipv6/conf/${link}/disable_ipv6`, "0"],
];

/**
 * Routes through the shim. Where endpoints have MACs of their own the host knows them beforehand: if it asked, its
 * neighbours on the LAN would take the shim's MAC for the host's (arp_process() updates what it knows from any request).
 */
function wayFromHost(network: Network, endpoint: Endpoint): KernelObject[] {
  const mark = { ...endpointMark(network, endpoint), netns: hostNetns, link: shimName(network) };
  const addresses = [endpoint.ipv4, endpoint.ipv6].flatMap((cidr) => cidr?.split("/")[0] ?? []);
  const { mac } = endpoint;
  return addresses.flatMap((address): KernelObject[] => [
    ...(mac ? [{ kind: "neighbour", ...mark, address, mac } as const] : []),
    { kind: "route", ...mark, destination: `${address}/${address.includes(":") ? 128 : 32}` },
  ]);
}

/** The LAN's router; an internal network offers no way out. */
export function lanGateways(network: Network, endpoint: Pick<Endpoint, "ipv4" | "ipv6">): Gateways {
  if (network.internal) return {};
  const [ipv4, ipv6] = [gatewayOf(network, endpoint.ipv4), gatewayOf(network, endpoint.ipv6)];
  return { ...(ipv4 ? { ipv4 } : {}), ...(ipv6 ? { ipv6 } : {}) };
}
