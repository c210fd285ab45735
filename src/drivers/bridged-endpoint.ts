import type { Plan } from "../contracts/driver.ts";
import { hostNetns, type KernelObject, type NetnsRef } from "../contracts/kernel.ts";
import type { Endpoint } from "../model/endpoint.ts";
import type { Network } from "../model/network.ts";
import { endpointSysctls, interfaceAddresses } from "./interface-options.ts";
import { hostEnd } from "./names.ts";

export interface BridgedPlace {
  readonly network: Network;
  readonly endpoint: Endpoint;
  readonly sandbox: NetnsRef;
  /** Name of the bridge. */
  readonly bridge: string;
  /** Reaches the bridge, and no other isolated port. */
  readonly isolated: boolean;
  /** False: the bridge gets a static entry for the endpoint's MAC, learns nothing and floods nothing to it. */
  readonly learns: boolean;
}

/** A veth pair: one end a port of the bridge, the other inside the sandbox with the endpoint's addresses. */
export function bridgedEndpointPlan(place: BridgedPlace): Plan {
  const { network, endpoint, sandbox, bridge, isolated, learns } = place;
  const mark = { owner: `endpoint/${endpoint.id}`, why: `${endpoint.dnsNames[0] ?? "endpoint"} on ${network.name}` };
  const ifName = endpoint.ifName ?? "eth0";
  const inside = { ...mark, netns: sandbox };
  const name = hostEnd(endpoint);
  const mac = endpoint.mac ?? "";
  const objects: KernelObject[] = [
    {
      kind: "veth",
      ...mark,
      netns: hostNetns,
      name,
      mtu: network.mtu,
      master: bridge,
      isolated,
      ...(learns ? {} : { learns }),
      peer: { netns: sandbox, name: ifName, mac },
    },
    ...(learns ? [] : [{ kind: "bridge-fdb", ...mark, netns: hostNetns, link: name, mac } as const]),
    // Without an address of IPv6 it is off, as it is by default in a sandbox, and has none of the kernel's own either.
    ...(endpoint.ipv6
      ? [
          {
            kind: "sysctl",
            ...inside,
            key: `net/ipv6/conf/${ifName}/disable_ipv6`,
            value: "0",
            optional: true,
          } as const,
        ]
      : []),
    ...endpointSysctls(endpoint, ifName).map(
      ([key, value]) => ({ kind: "sysctl", ...inside, key, value, optional: false }) as const,
    ),
    ...interfaceAddresses(endpoint).map((address) => ({ kind: "address", ...inside, link: ifName, address }) as const),
  ];
  return { objects, elements: [] };
}
