import type { Plan } from "../../contracts/driver.ts";
import type { FirewallElement, FirewallSet } from "../../contracts/firewall.ts";
import { hostNetns, type KernelObject } from "../../contracts/kernel.ts";
import type { Network, Pool } from "../../model/network.ts";
import { bridgeMac } from "./names.ts";
import type { BridgeOptions } from "./options.ts";

const isIpv6 = (pool: Pool) => pool.subnet.includes(":");

/** A bridge with the gateway addresses, and its place in the firewall's sets. */
export function bridgeNetworkPlan(network: Network, options: BridgeOptions, bridge: string): Plan {
  const mark = { netns: hostNetns, owner: `network/${network.id}`, why: `network ${network.name}` };
  const setting = (key: string, value: string): KernelObject => ({
    kind: "sysctl",
    ...mark,
    key,
    value,
    optional: true,
  });
  const objects: KernelObject[] = [
    { kind: "bridge", ...mark, name: bridge, mac: bridgeMac(network), mtu: network.mtu },
    // A packet from 127.0.0.1 to a published port leaves through the bridge; the raw rule keeps the way back closed.
    setting(`net/ipv4/conf/${bridge}/route_localnet`, "1"),
    setting(`net/ipv6/conf/${bridge}/disable_ipv6`, network.ipv6 ? "0" : "1"),
    ...(network.ipv6 ? [setting(`net/ipv6/conf/${bridge}/accept_ra`, "0")] : []),
    ...gatewayAddresses(network, options).map(
      (address): KernelObject => ({ kind: "address", ...mark, link: bridge, address }),
    ),
  ];
  return { objects, elements: networkElements(network, options, bridge) };
}

function gatewayAddresses(network: Network, options: BridgeOptions): string[] {
  return network.pools.flatMap((pool) => {
    const bare = isIpv6(pool)
      ? options.gatewayMode6 === "isolated"
      : options.inhibitIpv4 || options.gatewayMode4 === "isolated";
    return bare || !pool.gateway ? [] : [`${pool.gateway}/${pool.subnet.split("/")[1]}`];
  });
}

function networkElements(network: Network, options: BridgeOptions, bridge: string): FirewallElement[] {
  const element = (set: FirewallSet, ...key: string[]): FirewallElement => ({
    set,
    key,
    owner: `network/${network.id}`,
    why: `network ${network.name}`,
  });
  const masquerade = options.masquerade && !network.internal;
  return [
    element("bridges", bridge),
    ...(network.internal ? [element("internal", bridge)] : []),
    ...(options.icc ? [element("same", bridge, bridge)] : []),
    ...network.pools.flatMap((pool) => [
      element(isIpv6(pool) ? "members6" : "members4", pool.subnet),
      ...(masquerade ? [element(isIpv6(pool) ? "masquerade6" : "masquerade4", pool.subnet)] : []),
    ]),
  ];
}
