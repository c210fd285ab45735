import { EngineError, invalid } from "../../base/errors.ts";
import type { Driver } from "../../contracts/driver.ts";
import { isLeased, type Network } from "../../model/network.ts";
import type { NetworkRequest } from "../engine.ts";
import { leaseTimeout } from "../leases/leased.ts";

/** Names Docker reserves: they mean a mode, not a network. */
export const builtInNames = ["bridge", "host", "none"] as const;
const reserved: readonly string[] = [...builtInNames, "default", "container"];

/** Docker's rule for names of containers, and "_" or "-" in front, for Compose's projects; of a length that still fits a DNS suffix. */
const namePattern = /^[a-zA-Z0-9_-][a-zA-Z0-9_.-]*$/;
const nameLimit = 200;

/** Refuses what can be refused without looking at other networks. */
export function validateRequest(request: NetworkRequest, driver: Driver): void {
  validateName(request.name);
  if (driver.singleton) {
    throw new EngineError("NETWORK_REFUSED", {
      network: request.name,
      why: `only one instance of "${driver.type}" network is allowed`,
    });
  }
  if (request.ipamDriver === "null" && driver.addressed && !driver.remote) {
    const why = `the null IPAM driver gives no addresses, and networks of driver ${driver.type} need them`;
    throw new EngineError("NETWORK_REFUSED", { network: request.name, why });
  }
  validateAddressing(request);
}

/** What holds for every network, and for a configuration of networks. */
export function validateAddressing(request: NetworkRequest): void {
  if (request.ipamDriver === "dhcp") validateLeasing(request);
  if (!request.ipv4 && !request.ipv6) throw invalid("EnableIPv4", "IPv4 and IPv6 cannot both be off");
  refuseOneSidedPools(request);
}

/** Only a link's LAN has a DHCP server that is not ours. */
export function refuseWithoutLan(network: Network, driver: Driver): void {
  if (!isLeased(network)) return;
  const refuse = (why: string) => new EngineError("NETWORK_REFUSED", { network: network.name, why });
  if (!driver.lan)
    throw refuse(
      `ipam driver dhcp needs a network on a LAN; driver ${driver.type} makes a segment of its own, use macvlan`,
    );
  if (driver.hasMacs?.(network) === false)
    throw refuse(
      "ipam driver dhcp tells containers apart by their MACs, and here they share their parent's; use macvlan",
    );
  if (network.internal) throw refuse("ipam driver dhcp needs the LAN's server, and an internal network reaches nobody");
}

function validateLeasing({ pools, ipamOptions }: NetworkRequest): void {
  leaseTimeout(ipamOptions);
  const [pool] = pools;
  if (!pool) return;
  const given = pool.subnet ?? pool.range ?? pool.gateway ?? Object.values(pool.aux).join(", ");
  const why = `${given} is given with ipam driver dhcp: subnet, range and gateway are what the LAN's server says; leave them out`;
  throw invalid("IPAM.Config", why);
}

export function validateName(name: string): void {
  if (name.trim() === "") throw invalid("network name", "it is empty");
  if (reserved.includes(name) || name.startsWith("container:"))
    throw new EngineError("NETWORK_BUILT_IN", { network: name, verb: "create" });
  if (Buffer.byteLength(name) > nameLimit)
    throw invalid("network name", `it is ${Buffer.byteLength(name)} bytes long, at most ${nameLimit} are allowed`);
  if (!namePattern.test(name)) {
    throw invalid(
      "network name",
      `"${name}" may have letters, digits, "_", "." and "-" only, and does not start with "."`,
    );
  }
}

function refuseOneSidedPools(request: NetworkRequest): void {
  for (const { subnet, range, gateway } of request.pools) {
    if (!subnet && range)
      throw invalid("IPAM.Config.IPRange", `${range} is given without a subnet it belongs to; add --subnet`);
    if (!subnet && gateway)
      throw invalid("IPAM.Config.Gateway", `${gateway} is given without a subnet it belongs to; add --subnet`);
    if (subnet?.includes(":") && !request.ipv6)
      throw invalid("IPAM.Config.Subnet", `${subnet} is IPv6, but IPv6 is off on this network; add --ipv6`);
    if (subnet && !subnet.includes(":") && !request.ipv4)
      throw invalid("IPAM.Config.Subnet", `${subnet} is IPv4, but IPv4 is off on this network`);
  }
}
