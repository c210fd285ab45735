import { invalid } from "../base/errors.ts";
import type { Plan } from "../contracts/driver.ts";
import { hostNetns, type KernelObject, type NetnsRef } from "../contracts/kernel.ts";
import type { Endpoint } from "../model/endpoint.ts";
import type { Network } from "../model/network.ts";
import { hostEnd } from "./names.ts";

const sysctlOption = "com.docker.network.endpoint.sysctls";

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
  const addresses = [endpoint.ipv4, endpoint.ipv6, ...endpoint.settings.linkLocal.map(withPrefix)];
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
    ...addresses
      .filter((address) => address !== undefined)
      .map((address) => ({ kind: "address", ...inside, link: ifName, address }) as const),
  ];
  return { objects, elements: [] };
}

const withPrefix = (address: string) => (address.includes(":") ? `${address}/64` : `${address}/16`);

/** `net.ipv4.conf.IFNAME.forwarding=1,...`: IFNAME stands for the interface; only its own settings may be named. */
export function endpointSysctls(endpoint: Endpoint, ifName: string): [string, string][] {
  const text = endpoint.settings.driverOptions[sysctlOption];
  if (!text) return [];
  return text.split(",").map((entry) => {
    const match = /^net\.(ipv4|ipv6|mpls)\.(conf|neigh)\.IFNAME\.([a-z0-9_]+)=([^,]+)$/.exec(entry);
    if (!match)
      throw invalid(`option "${sysctlOption}"`, `"${entry}" is not of the form net.ipv4.conf.IFNAME.NAME=VALUE`);
    return [`net/${match[1]}/${match[2]}/${ifName}/${match[3]}`, match[4] ?? ""];
  });
}
