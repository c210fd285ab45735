import type { Plan } from "../contracts/driver.ts";
import type { FirewallElement, FirewallSet } from "../contracts/firewall.ts";
import { hostNetns, type KernelObject } from "../contracts/kernel.ts";
import type { Network, Pool } from "../model/network.ts";
import { networkMac } from "./names.ts";

/** What a bridge network is like, whatever its options are called. */
export interface BridgedNetwork {
  /** Name of the bridge. */
  readonly bridge: string;
  /** Somebody else's, who looks after it. */
  readonly found?: boolean;
  /** What leaves the host carries the host's address. */
  readonly masquerade: boolean;
  /** The address it carries, by family. Absent: the one that the route out suggests. */
  readonly sources?: Readonly<Partial<Record<4 | 6, string>>>;
  /** Members may talk to each other. */
  readonly icc: boolean;
  /** Families whose gateway is no address of this host. */
  readonly withoutGateway: readonly (4 | 6)[];
  /** Families without any translation: members are reached at their own addresses, on published ports. Absent: none. */
  readonly routed?: readonly (4 | 6)[];
  /** Families in which members are reached at their own addresses, on every port. Absent: none. */
  readonly unprotected?: readonly (4 | 6)[];
  /** Links from which published ports are reached at the members' own addresses; `trustsAll`: from all. Absent: none. */
  readonly trusted?: readonly string[];
  readonly trustsAll?: boolean;
}

/** Who the objects of a network belong to, and why they are there. */
export const markOfNetwork = ({ id, name }: Network) => ({
  netns: hostNetns,
  owner: `network/${id}`,
  why: `network ${name}`,
});

const familyOf = ({ subnet }: Pool): 4 | 6 => (subnet.includes(":") ? 6 : 4);

/** A bridge with the gateway addresses, and its place in the firewall's sets. */
export function bridgedNetworkPlan(network: Network, shape: BridgedNetwork): Plan {
  const { bridge, withoutGateway, found = false } = shape;
  const mark = markOfNetwork(network);
  const setting = (key: string, value: string) => ({ kind: "sysctl", ...mark, key, value, optional: true }) as const;
  const objects: KernelObject[] = [
    ...(found ? [] : [{ kind: "bridge", ...mark, name: bridge, mac: networkMac(network), mtu: network.mtu } as const]),
    // A packet from 127.0.0.1 to a published port leaves through the bridge; the raw rule keeps the way back closed. It
    // goes with the network: on a bridge that stays, neighbours would reach what listens on 127.0.0.1 (CVE-2020-8558).
    { ...setting(`net/ipv4/conf/${bridge}/route_localnet`, "1"), ...(found ? { afterwards: "0" } : {}) },
    ...(network.ipv6 || !found ? [setting(`net/ipv6/conf/${bridge}/disable_ipv6`, network.ipv6 ? "0" : "1")] : []),
    ...(network.ipv6 && !found ? [setting(`net/ipv6/conf/${bridge}/accept_ra`, "0")] : []),
    ...network.pools
      .filter((pool) => pool.gateway && !withoutGateway.includes(familyOf(pool)))
      .map(({ gateway, subnet }): KernelObject => {
        return { kind: "address", ...mark, link: bridge, address: `${gateway}/${subnet.split("/")[1]}` };
      }),
  ];
  return { objects, elements: elementsOf(network, shape) };
}

function elementsOf(network: Network, shape: BridgedNetwork): FirewallElement[] {
  const {
    bridge,
    masquerade,
    sources = {},
    icc,
    routed = [],
    unprotected = [],
    trusted = [],
    trustsAll = false,
  } = shape;
  const { owner, why } = markOfNetwork(network);
  const element = (set: FirewallSet, ...key: string[]): FirewallElement => ({ set, key, owner, why });
  return [
    element("bridges", bridge),
    ...(network.internal ? [element("internal", bridge)] : []),
    ...(icc ? [element("same", bridge, bridge)] : []),
    ...network.pools.flatMap((pool) => {
      const family = familyOf(pool);
      const translated = masquerade && !network.internal && !routed.includes(family);
      const source = translated ? sources[family] : undefined;
      return [
        element(`members${family}`, pool.subnet),
        ...(translated ? [element(`masquerade${family}`, pool.subnet)] : []),
        ...(source ? [{ ...element(`source${family}`, pool.subnet), value: [source] }] : []),
      ];
    }),
    ...(network.internal ? [] : routed.map((family) => element(`routed${family}`, bridge))),
    ...(network.internal ? [] : trusted.map((link) => element("trusted", link, bridge))),
    ...(trustsAll && !network.internal ? [element("trusting", bridge)] : []),
    ...(network.internal ? [] : unprotected.map((family) => element(`unprotected${family}`, bridge))),
  ];
}
