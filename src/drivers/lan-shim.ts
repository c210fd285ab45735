import { createHash } from "node:crypto";
import { shortId } from "../base/ids.ts";
import { hostNetns, type KernelObject, type ParentedObject } from "../contracts/kernel.ts";
import { hostAddressIn, type Network } from "../model/network.ts";

/** The host's own link on a network's parent: 15 characters, the most that fits IFNAMSIZ. */
export const shimName = ({ id }: Pick<Network, "id">): string => `flh${shortId(id)}`;

/** A MAC that is the shim's for good, so that containers need not learn another after a repair. */
export function shimMac({ id }: Pick<Network, "id">): string {
  const bytes = createHash("sha256").update(`host of ${id}`).digest().subarray(0, 6);
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02; // locally administered, unicast
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}

export const shimMark = ({ id, name }: Network) => ({
  netns: hostNetns,
  owner: `network/${id}`,
  why: `host access to network ${name}`,
});

/** The shim with its settings, and the addresses that the network keeps for the host. */
export function shimObjects(network: Network, link: ParentedObject): KernelObject[] {
  const { name } = link;
  const mark = shimMark(network);
  const setting = (key: string, value: string) => ({ kind: "sysctl", ...mark, key, value, optional: true }) as const;
  const own = network.pools.flatMap((pool) => hostAddressIn(pool) ?? []);
  return [
    link,
    // Answer those only whom a route through the shim leads to: the LAN is to find the host at its own link's MAC.
    setting(`net/ipv4/conf/${name}/arp_filter`, "1"),
    setting(`net/ipv6/conf/${name}/accept_ra`, "0"),
    setting(`net/ipv6/conf/${name}/disable_ipv6`, network.ipv6 ? "0" : "1"),
    ...own.map(
      (address) =>
        ({ kind: "address", ...mark, link: name, address: `${address}/${address.includes(":") ? 128 : 32}` }) as const,
    ),
  ];
}
