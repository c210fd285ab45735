import type { Plan } from "../../contracts/driver.ts";
import { hostNetns, type KernelObject, type NetnsRef } from "../../contracts/kernel.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";
import { endpointSysctls, interfaceAddresses } from "../interface-options.ts";
import { hostEnd } from "./names.ts";
import type { BridgeOptions } from "./options.ts";

/** A veth pair: one end a port of the bridge, the other inside the sandbox with the endpoint's addresses. */
export function bridgeEndpointPlan(place: {
  network: Network;
  endpoint: Endpoint;
  sandbox: NetnsRef;
  bridge: string;
  options: BridgeOptions;
}): Plan {
  const { network, endpoint, sandbox, bridge, options } = place;
  const mark = { owner: `endpoint/${endpoint.id}`, why: `${endpoint.dnsNames[0] ?? "endpoint"} on ${network.name}` };
  const ifName = endpoint.ifName ?? "eth0";
  const inside = { ...mark, netns: sandbox };
  const objects: KernelObject[] = [
    {
      kind: "veth",
      ...mark,
      netns: hostNetns,
      name: hostEnd(endpoint),
      mtu: network.mtu,
      master: bridge,
      isolated: !options.icc,
      peer: { netns: sandbox, name: ifName, mac: endpoint.mac ?? "" },
    },
    ...(network.ipv6
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
