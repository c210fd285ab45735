import type { Driver, Plan } from "../contracts/driver.ts";
import type { KernelObject, NetnsRef } from "../contracts/kernel.ts";
import { refuseAnnouncing } from "../model/announcing.ts";
import type { Endpoint } from "../model/endpoint.ts";
import type { Network } from "../model/network.ts";
import { endpointSysctls, interfaceAddresses } from "./interface-options.ts";

const nothing: Plan = { objects: [], elements: [] };

/**
 * Networks of a third party's plugin. What the plugin makes is its own and described nowhere; what it hands over, a link in
 * the host with gateways and routes, is described as everything else, from the plugin's answers in the endpoint's record
 * (docs/decisions/0007-plugins.md).
 */
export const remoteDriver = (type: string): Driver => ({
  type,
  addressed: true,
  singleton: false,
  scope: "local",
  publishes: false,
  remote: true,
  validateNetwork: refuseAnnouncing,
  validateEndpoint: (_network, endpoint) => void endpointSysctls(endpoint, endpoint.ifName ?? "eth0"),
  hasMacs: () => false, // unless somebody wants one it is the plugin's choice
  network: () => nothing,
  endpoint: pluggedPlan,
  gateways: (_network, { plugged }) => plugged?.gateways ?? {},
});

function pluggedPlan(network: Network, endpoint: Endpoint, sandbox: NetnsRef): Plan {
  const { plugged } = endpoint;
  if (!plugged?.link) return nothing; // not joined, or a plugin that does without links
  const name = endpoint.ifName ?? "eth0";
  const why = `${endpoint.dnsNames[0] ?? "endpoint"} on ${network.name}, made by plugin ${network.driver}`;
  const mark = { owner: `endpoint/${endpoint.id}`, why, netns: sandbox };
  const mac = plugged.setsMac ? (endpoint.mac ?? "") : "";
  const objects: KernelObject[] = [
    { kind: "moved-link", ...mark, name, from: plugged.link, mac },
    ...(endpoint.ipv6
      ? [{ kind: "sysctl", ...mark, key: `net/ipv6/conf/${name}/disable_ipv6`, value: "0", optional: true } as const]
      : []),
    ...endpointSysctls(endpoint, name).map(
      ([key, value]) => ({ kind: "sysctl", ...mark, key, value, optional: false }) as const,
    ),
    ...interfaceAddresses(endpoint).map((address) => ({ kind: "address", ...mark, link: name, address }) as const),
    ...plugged.routes.map(
      ({ destination, gateway }) =>
        ({ kind: "route", ...mark, link: name, destination, ...(gateway ? { gateway } : {}) }) as const,
    ),
  ];
  return { objects, elements: [] };
}
