import { type Cidr, containsCidr, containsIp, firstOf, formatCidr, networkOfAddress } from "../../base/cidr.ts";
import { invalid } from "../../base/errors.ts";
import { ipOf, isLinkLocal } from "../../base/ip.ts";
import { type HostLink, hostNetns, type Kernel } from "../../contracts/kernel.ts";
import { defaultGatewayAux, foundFamilies, type Network } from "../../model/network.ts";
import type { NetworkRequest } from "../engine.ts";
import type { BuiltInBridge } from "./built-in.ts";

type Pools = NetworkRequest["pools"];
type Family = 4 | 6;

/** What a bridge that somebody else has made brings along: it is used, and never changed nor removed. */
export interface FoundBridge {
  readonly mtu: number;
  /** By its own addresses; none for a family that it has no address of. */
  readonly pools: Pools;
  /** For the network's record; the driver reads it. */
  readonly settled: NonNullable<Network["settled"]>;
}

/**
 * The link that `--bridge` names. Throws INVALID where there is none: Docker makes none of that name either. Undefined
 * for one of ours: releases before made it themselves.
 */
export function findBridge(name: string, kernel: Pick<Kernel, "links" | "owned">): HostLink | undefined {
  const link = kernel.links(hostNetns).find((each) => each.name === name);
  if (!link)
    throw invalid("--bridge", `the host has no bridge "${name}"; make it first: ip link add ${name} type bridge`);
  if (link.kind !== "bridge") throw invalid("--bridge", `"${name}" is no bridge`);
  const ours = kernel.owned().some((each) => each.name === name && each.owner.startsWith("network/"));
  return ours ? undefined : link;
}

/** `present`: the network as it is now, which may have given the bridge an address that it lacked. */
export function foundBridge(bridge: BuiltInBridge, link: HostLink, present: Network | undefined): FoundBridge {
  const given = new Set(addressesOfOurs(present));
  const addresses = link.addresses.filter((address) => !given.has(address));
  const pools = [
    ...poolBy(addresses, { family: 4, range: bridge.fixedCidr, gateway: bridge.gateway }),
    ...(bridge.ipv6 ? poolBy(addresses, { family: 6, range: bridge.fixedCidr6, gateway: bridge.gateway6 }) : []),
  ];
  const families = pools.map(({ subnet = "" }) => familyOf(subnet));
  return { mtu: link.mtu, pools, settled: { bridge: "found", addressed: families.join() } };
}

function addressesOfOurs(network: Network | undefined): string[] {
  const found = network && foundFamilies(network);
  if (!found) return [];
  return network.pools.flatMap(({ subnet, gateway }) =>
    gateway && !found.includes(familyOf(subnet)) ? [`${gateway}/${subnet.split("/")[1]}`] : [],
  );
}

function poolBy(
  all: readonly string[],
  wish: { family: Family; range: string | undefined; gateway: string | undefined },
): Pools {
  const range = wish.range === undefined ? undefined : networkOfAddress(wish.range);
  // The kernel gives every bridge one of IPv6, which only counts where such a range is asked for.
  const linkLocal = range !== undefined && isLinkLocal(firstOf(range));
  const addresses = all.filter(
    (address) =>
      familyOf(address) === wish.family && (wish.family === 4 || linkLocal || !isLinkLocal(ipOf(bare(address)))),
  );
  const own = ownAddress(addresses, range);
  if (own === undefined) return [];
  const subnet = networkOfAddress(own);
  const within = range !== undefined && containsCidr(subnet, range);
  // With IPv4 Docker has always let such a range pass, and taken the whole subnet.
  if (range && !within && wish.family === 6)
    throw invalid("--fixed-cidr-v6", `${formatCidr(range)} is not in ${formatCidr(subnet)}, the subnet of the bridge`);
  const gateway = bare(own);
  const others = addresses.map(bare).filter((address) => address !== gateway && containsIp(subnet, ipOf(address)));
  const aux = Object.fromEntries(others.map((address, index) => [`bridge${index + 1}`, address]));
  return [
    {
      subnet: formatCidr(subnet),
      gateway,
      ...(within ? { range: formatCidr(range) } : {}),
      aux: { ...aux, ...gatewayAux(wish.gateway, gateway) },
    },
  ];
}

/** The default gateway of containers, unless it is the bridge itself. */
export const gatewayAux = (gateway: string | undefined, own: string | undefined): Readonly<Record<string, string>> =>
  gateway === undefined || gateway === own ? {} : { [defaultGatewayAux(gateway)]: gateway };

/** As Docker chooses: the one in the range, else the one whose subnet has the range, else the first. */
function ownAddress(addresses: readonly string[], range: Cidr | undefined): string | undefined {
  const around = range ? addresses.filter((address) => containsCidr(networkOfAddress(address), range)) : [];
  return around.find((address) => range && containsIp(range, ipOf(bare(address)))) ?? around[0] ?? addresses[0];
}

const bare = (address: string): string => address.split("/")[0] ?? "";
const familyOf = (text: string): Family => (text.includes(":") ? 6 : 4);
