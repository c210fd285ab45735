import type { Rollback } from "../../base/rollback.ts";
import type { Ipam, PoolRequest } from "../../contracts/ipam.ts";
import type { Kernel } from "../../contracts/kernel.ts";
import { hostAddressIn, hostAux, isLeased, isRemoteIpam, type Pool } from "../../model/network.ts";
import type { NetworkRequest } from "../engine.ts";

/**
 * Completes the address pools of a new network: those asked for, and one default pool for each enabled family without
 * one. Default pools avoid every route of the host, in every table.
 */
export function reservePools(
  parts: { ipam: Ipam; kernel: Kernel },
  networkId: string,
  request: Pick<NetworkRequest, "pools" | "ipv4" | "ipv6" | "ipamDriver"> & { readonly gateways?: readonly (4 | 6)[] },
  rollback: Rollback,
): Pool[] {
  const { ipam, kernel } = parts;
  if (isLeased(request) || request.ipamDriver === "null") return [];
  rollback.onFailure("address pools", () => ipam.removeNetwork(networkId));
  const { gateways } = request;
  const wanted = completePools(request).map((pool) =>
    gateways && !gateways.includes(pool.family) ? { ...pool, wantsGateway: pool.gateway !== undefined } : pool,
  );
  const defaults = wanted.some((pool) => !pool.subnet);
  const inTheWay = defaults ? routesInTheWay(kernel) : [];
  return wanted.map((pool) => ipam.addPool(networkId, pool, inTheWay));
}

/**
 * Names an address of the host's own in the first pool of each of these families: the user's, or the next free one. It
 * is never handed out, and goes with the pools.
 */
export function reserveHostAddresses(
  { ipam }: { ipam: Ipam },
  networkId: string,
  pools: readonly Pool[],
  families: readonly (4 | 6)[],
): Pool[] {
  return pools.map((pool, index) => {
    const family = familyOf(pool);
    const first = pools.findIndex((each) => familyOf(each) === family) === index;
    const named = pools.some((each) => familyOf(each) === family && hostAddressIn(each) !== undefined);
    if (!first || named || !families.includes(family)) return pool;
    const address = ipam.reserve(networkId, { family, owner: "the host (aux address)" });
    return { ...pool, aux: { ...pool.aux, [hostAux]: address.split("/")[0] ?? "" } };
  });
}

/** Refuses pools of a configuration that no network could ever be made with. */
export function checkPools(
  { ipam }: { ipam: Ipam },
  request: Pick<NetworkRequest, "pools" | "ipv4" | "ipv6" | "ipamDriver">,
): void {
  if (isLeased(request) || isRemoteIpam(request) || request.ipamDriver === "null") return;
  for (const pool of completePools(request)) ipam.checkPool(pool);
}

/** IPv4 before IPv6, as Docker keeps them: its CLI sends subnets in no order at all. */
function completePools({ pools, ipv4, ipv6 }: Pick<NetworkRequest, "pools" | "ipv4" | "ipv6">): PoolRequest[] {
  const given = pools.map((pool): PoolRequest => ({ ...pool, family: familyOf(pool), wantsGateway: true }));
  const missing = ([4, 6] as const).filter(
    (family) => (family === 4 ? ipv4 : ipv6) && !given.some((pool) => pool.family === family),
  );
  const made = missing.map((family): PoolRequest => ({ family, aux: {}, wantsGateway: true }));
  return [...given, ...made].sort((a, b) => a.family - b.family);
}

/** A pool without a subnet belongs to IPv4, unless an address in it says otherwise. */
function familyOf(pool: NetworkRequest["pools"][number]): 4 | 6 {
  const text = pool.subnet ?? pool.gateway ?? Object.values(pool.aux)[0] ?? "";
  return text.includes(":") ? 6 : 4;
}

/** Types of routes that decide where an address leads (RTN_* of rtnetlink(7)), as ip(8) calls them; unicast is unsaid. */
const routeTypes: Readonly<Record<number, string>> = {
  1: "",
  2: "local ",
  6: "blackhole ",
  7: "unreachable ",
  8: "prohibit ",
};

/** Routes of the host in any table, default routes aside: any subnet is more specific than those. */
export function routesInTheWay(kernel: Kernel): { cidr: string; name: string }[] {
  return kernel.routes().flatMap(({ destination, type, ifName, table }) => {
    const kind = routeTypes[type];
    if (kind === undefined || isDefault(destination)) return [];
    const [device, where] = [ifName && ` dev ${ifName}`, table === 254 ? "" : ` in table ${table}`];
    return { cidr: destination, name: `${kind}route ${destination}${device}${where}` };
  });
}

/** Also in two halves, 0.0.0.0/1 and 128.0.0.0/1, as VPN clients write it to win over the default route they found. */
const isDefault = (destination: string): boolean => /\/[01]$/.test(destination);
