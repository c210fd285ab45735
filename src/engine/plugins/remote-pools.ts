import { cidrOf, containsIp, formatCidr, networkOfAddress, overlaps } from "../../base/cidr.ts";
import { EngineError, invalid } from "../../base/errors.ts";
import { formatIp, parseIp } from "../../base/ip.ts";
import type { Rollback } from "../../base/rollback.ts";
import type { Network, Pool } from "../../model/network.ts";
import type { Claim, Undo } from "../../model/plugin.ts";
import type { NetworkRequest } from "../engine.ts";
import { routesInTheWay } from "../networks/pools.ts";
import type { Parts } from "../parts.ts";
import type { RemotePool } from "./remote-ipam.ts";

/** How often a plugin that chooses a pool itself is asked for another one, because of a route of the host. */
const attempts = 16;

type PoolParts = Pick<Parts, "claims" | "remoteIpam" | "kernel">;
type Wanted = NetworkRequest["pools"][number] & { readonly family: 4 | 6 };

const releasePool = (poolId: string): Undo => ({ verb: "IpamDriver.ReleasePool", body: { PoolID: poolId } });
export const releaseAddress = (poolId: string, address: string): Undo => ({
  verb: "IpamDriver.ReleaseAddress",
  body: { PoolID: poolId, Address: address },
});

/** Ids of the claims on a network's pools, each of which stands for the addresses that were taken with it, too. */
export const poolClaims = ({ id, pools }: Pick<Network, "id" | "pools">): string[] =>
  pools.flatMap(({ remote }, n) => (remote ? [`pool/${id}/${n}`] : []));

/**
 * Pools of a network from an IPAM plugin, with their gateways and auxiliary addresses; each is claimed, and given back on
 * failure. `gateways`: families in which the network wants one.
 */
export async function requestPools(
  parts: PoolParts,
  network: Network,
  place: { request: NetworkRequest; gateways: readonly (4 | 6)[] },
  rollback: Rollback,
): Promise<Pool[]> {
  const pools: Pool[] = [];
  for (const [n, wanted] of wantedPools(place.request).entries()) {
    const claim: Omit<Claim, "undo"> = {
      id: `pool/${network.id}/${n}`,
      plugin: network.ipamDriver,
      owner: network.id,
      what: `pool of network ${network.name}`,
    };
    parts.claims.write({ ...claim, undo: [] });
    rollback.onFailure(claim.what, () => parts.claims.giveBack(claim.id));
    const asking = {
      claim,
      wanted,
      wantsGateway: place.gateways.includes(wanted.family),
      options: network.ipamOptions,
    };
    pools.push(await requestPool(parts, asking));
  }
  return pools;
}

/** IPv4 before IPv6, one of each enabled family at least. */
function wantedPools({ pools, ipv4, ipv6 }: NetworkRequest): Wanted[] {
  const given = pools.map((pool): Wanted => ({ ...pool, family: pool.subnet?.includes(":") ? 6 : 4 }));
  const missing = ([4, 6] as const).filter(
    (family) => (family === 4 ? ipv4 : ipv6) && !given.some((pool) => pool.family === family),
  );
  return [...given, ...missing.map((family): Wanted => ({ family, aux: {} }))].sort((a, b) => a.family - b.family);
}

interface Asking {
  readonly claim: Omit<Claim, "undo">;
  readonly wanted: Wanted;
  readonly wantsGateway: boolean;
  readonly options: Readonly<Record<string, string>>;
}

async function requestPool(parts: PoolParts, { claim, wanted, wantsGateway, options }: Asking): Promise<Pool> {
  const { claims, remoteIpam } = parts;
  const { plugin } = claim;
  const got = await unclaimed(parts, claim.id, () => choosePool(parts, plugin, wanted, options));
  const undo: Undo[] = [releasePool(got.poolId)];
  const take = async (address: string | undefined, gateway: boolean) => {
    const full = await remoteIpam.requestAddress(plugin, got.poolId, { address, gateway });
    undo.unshift(releaseAddress(got.poolId, full.split("/")[0] ?? ""));
    claims.write({ ...claim, undo });
    return full.split("/")[0] ?? "";
  };
  claims.write({ ...claim, undo });
  const gatewayGiven = got.data[gatewayData]?.split("/")[0];
  const gateway = await gatewayOf(wanted, wantsGateway, gatewayGiven, take);
  for (const [name, address] of Object.entries(wanted.aux)) {
    checkInside(name, address, got.subnet);
    await take(address, false);
  }
  const remote = { id: got.poolId, space: got.space, gateway: gateway !== undefined && gateway !== gatewayGiven };
  const subnet = formatCidr(networkOfAddress(got.subnet));
  return {
    subnet,
    ...(wanted.range ? { range: wanted.range } : {}),
    ...(gateway ? { gateway } : {}),
    aux: wanted.aux,
    remote,
  };
}

/** A plugin may say in the pool's data which address the gateway has (netlabel.Gateway). */
const gatewayData = "com.docker.network.gateway";

async function gatewayOf(
  { gateway }: Wanted,
  wanted: boolean,
  given: string | undefined,
  take: (address: string | undefined, gateway: boolean) => Promise<string>,
): Promise<string | undefined> {
  if (gateway) return take(gateway, true);
  if (!wanted) return undefined;
  return given ?? take(undefined, true);
}

/** While it is not known what was given there is nothing to give back: a refusal leaves nothing. */
async function unclaimed<T>({ claims }: PoolParts, id: string, ask: () => Promise<T>): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof EngineError && !["PLUGIN_AWAY", "PLUGIN_ANSWER"].includes(error.code)) claims.drop(id);
    throw error;
  }
}

/** As Docker: one that the plugin chose must not be in the way of a route of the host; those that are stay taken until one fits. */
async function choosePool(
  { remoteIpam, kernel, claims }: PoolParts,
  plugin: string,
  wanted: Wanted,
  options: Readonly<Record<string, string>>,
): Promise<RemotePool> {
  const request = { subnet: wanted.subnet ?? "", range: wanted.range ?? "", options, ipv6: wanted.family === 6 };
  const spoilt: string[] = [];
  try {
    for (let attempt = 1; ; attempt++) {
      const got = await remoteIpam.requestPool(plugin, request);
      if (wanted.subnet) return got;
      const route = routesInTheWay(kernel).find(({ cidr }) => overlaps(cidrOf(cidr), networkOfAddress(got.subnet)));
      if (!route) return got;
      const id = `pool/${got.poolId}/spoilt-${attempt}`;
      claims.write({ id, plugin, owner: "", what: `pool ${got.subnet}`, undo: [releasePool(got.poolId)] });
      spoilt.push(id);
      if (attempt === attempts) throw new EngineError("SUBNET_OVERLAPS", { subnet: got.subnet, other: route.name });
    }
  } finally {
    await claims.giveBack(...spoilt);
  }
}

function checkInside(name: string, address: string, subnet: string): void {
  const ip = parseIp(address);
  if (ip && containsIp(networkOfAddress(subnet), ip)) return;
  throw invalid("IPAM.Config.AuxiliaryAddresses", `${name}=${ip ? formatIp(ip) : address} is not in ${subnet}`);
}
