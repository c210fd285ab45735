import { type Cidr, cidrOf, containsIp, formatCidr } from "../base/cidr.ts";
import { EngineError, invalid } from "../base/errors.ts";
import { shortId } from "../base/ids.ts";
import { formatIp, type Ip, parseIp } from "../base/ip.ts";
import type { Ipam, PoolRequest } from "../contracts/ipam.ts";
import type { Pool } from "../model/network.ts";
import { AddressPool } from "./address-pool.ts";
import { checkDefaultPool, type DefaultPool } from "./default-pools.ts";
import { type PoolParts, parseParts, parseSubnet, refuseWithoutSubnet } from "./pool-request.ts";
import { type Obstacle, Subnets } from "./subnets.ts";

export interface IpamOptions {
  /** What networks without a subnet are cut from, in order; completePools() makes the usual list. */
  readonly defaultPools: readonly DefaultPool[];
  /** Name of a network for error messages; its short id where undefined. */
  readonly nameOf?: (networkId: string) => string | undefined;
}

/** Address management in memory. Throws INVALID for default pools that make no sense. */
export function openIpam({ defaultPools, nameOf }: IpamOptions): Ipam {
  defaultPools.forEach(checkDefaultPool);
  return new MemoryIpam(defaultPools, (networkId) => nameOf?.(networkId) ?? shortId(networkId));
}

class MemoryIpam implements Ipam {
  readonly #subnets: Subnets;
  readonly #networks = new Map<string, AddressPool[]>();
  readonly #nameOf: (networkId: string) => string;

  constructor(defaultPools: readonly DefaultPool[], nameOf: (networkId: string) => string) {
    this.#subnets = new Subnets(defaultPools, nameOf);
    this.#nameOf = nameOf;
  }

  addPool(networkId: string, request: PoolRequest, inTheWay: readonly Obstacle[]): Pool {
    const { parts, addresses, gateway } = startPool(request, this.#subnetFor(request, inTheWay));
    this.#add(networkId, addresses);
    return poolOf(parts, gateway);
  }

  checkPool(request: PoolRequest): void {
    if (request.subnet === undefined) refuseWithoutSubnet(request);
    else startPool(request, parseSubnet(request.subnet, request.family));
  }

  adoptPool(networkId: string, { subnet, range, gateway, aux }: Pool): void {
    const { family } = cidrOf(subnet);
    const wantsGateway = gateway !== undefined;
    const request = { family, aux, wantsGateway, ...(range ? { range } : {}), ...(gateway ? { gateway } : {}) };
    this.#add(networkId, new AddressPool(parseParts(request, cidrOf(subnet))));
  }

  removeNetwork(networkId: string): void {
    for (const { subnet } of this.#networks.get(networkId) ?? []) this.#subnets.release(subnet);
    this.#networks.delete(networkId);
  }

  reserve(networkId: string, request: { family: 4 | 6; address?: string; owner: string }): string {
    const { family, address, owner } = request;
    const pools = (this.#networks.get(networkId) ?? []).filter(({ subnet }) => subnet.family === family);
    if (address !== undefined) return this.#reserveStatic(networkId, pools, address, owner);
    for (const pool of pools) {
      const ip = pool.takeNext(owner);
      if (ip) return withLength(ip, pool.subnet);
    }
    const subnet = pools.map((pool) => formatCidr(pool.subnet)).join(", ") || `its IPv${family} address space`;
    throw new EngineError("ADDRESSES_EXHAUSTED", { subnet, network: this.#nameOf(networkId) });
  }

  release(networkId: string, address: string): void {
    const ip = parseIp(address.split("/", 1)[0] ?? "");
    if (!ip) return;
    for (const pool of this.#networks.get(networkId) ?? []) if (containsIp(pool.subnet, ip)) pool.release(ip);
  }

  usage(networkId: string): { subnet: string; inUse: bigint; available: bigint }[] {
    return (this.#networks.get(networkId) ?? []).map((pool) => pool.usage());
  }

  #subnetFor(request: PoolRequest, inTheWay: readonly Obstacle[]): Cidr {
    if (request.subnet === undefined) {
      refuseWithoutSubnet(request);
      return this.#subnets.chooseFree(request.family, inTheWay);
    }
    const subnet = parseSubnet(request.subnet, request.family);
    this.#subnets.refuseTaken(subnet);
    return subnet;
  }

  #add(networkId: string, pool: AddressPool): void {
    this.#subnets.take(pool.subnet, networkId);
    this.#networks.set(networkId, [...(this.#networks.get(networkId) ?? []), pool]);
  }

  #reserveStatic(networkId: string, pools: readonly AddressPool[], address: string, owner: string): string {
    const ip = parseIp(address);
    if (!ip) throw invalid("address", `"${address}" is no IP address`);
    const pool = pools.find(({ subnet }) => containsIp(subnet, ip));
    if (!pool) {
      const subnets = pools.map(({ subnet }) => formatCidr(subnet));
      throw new EngineError("ADDRESS_OUTSIDE", { address, network: this.#nameOf(networkId), subnets });
    }
    pool.take(ip, owner);
    return withLength(ip, pool.subnet);
  }
}

/** The addresses of a pool as asked for, with the gateway taken. */
function startPool(request: PoolRequest, subnet: Cidr) {
  const parts = parseParts(request, subnet);
  const addresses = new AddressPool(parts);
  const gateway = parts.gateway ?? (request.wantsGateway ? gatewayOf(addresses) : undefined);
  return { parts, addresses, gateway };
}

function gatewayOf(addresses: AddressPool): Ip {
  const gateway = addresses.takeGateway();
  if (gateway) return gateway;
  throw invalid("subnet", `${formatCidr(addresses.subnet)} has no address left for the gateway`);
}

const withLength = (ip: Ip, subnet: Cidr): string => `${formatIp(ip)}/${subnet.prefixLength}`;

function poolOf({ subnet, range, aux }: PoolParts, gateway: Ip | undefined): Pool {
  return {
    subnet: formatCidr(subnet),
    ...(range ? { range: formatCidr(range) } : {}),
    ...(gateway ? { gateway: formatIp(gateway) } : {}),
    aux: Object.fromEntries(Object.entries(aux).map(([name, ip]) => [name, formatIp(ip)])),
  };
}
