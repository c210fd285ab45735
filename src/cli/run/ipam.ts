import { BlockList, isIP } from "node:net";

interface IpamFlags {
  readonly subnet: readonly string[];
  readonly ipRange: readonly string[];
  readonly gateway: readonly string[];
  readonly auxAddress: Readonly<Record<string, string>>;
}

interface Config {
  Subnet?: string;
  IPRange?: string;
  Gateway?: string;
  AuxiliaryAddresses?: Record<string, string>;
}

/**
 * IPAM.Config of a network: ranges, gateways and auxiliary addresses go to the subnet that holds them, as docker's CLI
 * pairs them. Without subnets the daemon chooses one, which a lone range or gateway may still narrow.
 */
export function ipamConfig(flags: IpamFlags): Config[] {
  const configs = new Map(flags.subnet.map((subnet): [string, Config] => [subnet, { Subnet: subnet }]));
  refuseOverlap(flags.subnet);
  for (const range of flags.ipRange) {
    const config = holder(configs, "ip-range", range.split("/")[0] ?? "", range);
    if (config.IPRange)
      throw new Error(
        `cannot configure multiple ranges (${range}, ${config.IPRange}) on the same subnet (${config.Subnet})`,
      );
    config.IPRange = range;
  }
  for (const gateway of flags.gateway) {
    const config = holder(configs, "gateway", gateway, gateway);
    if (config.Gateway)
      throw new Error(
        `cannot configure multiple gateways (${gateway}, ${config.Gateway}) for the same subnet (${config.Subnet})`,
      );
    config.Gateway = gateway;
  }
  for (const [name, address] of Object.entries(flags.auxAddress)) {
    const config = holder(configs, "aux-address", address, address);
    config.AuxiliaryAddresses = { ...config.AuxiliaryAddresses, [name]: address };
  }
  return [...configs.values()];
}

function refuseOverlap(subnets: readonly string[]): void {
  for (const [index, subnet] of subnets.entries()) {
    const [address = "", length = ""] = subnet.split("/");
    if (isIP(address) === 0 || !/^\d{1,3}$/.test(length))
      throw new Error(`invalid subnet ${subnet}: it must be in CIDR form`);
    const other = subnets
      .slice(0, index)
      .find((before) => contains(before, address) || contains(subnet, before.split("/")[0] ?? ""));
    if (other) throw new Error(`multiple overlapping subnet configuration is not supported: ${other} and ${subnet}`);
  }
}

function holder(configs: ReadonlyMap<string, Config>, what: string, address: string, text: string): Config {
  if (isIP(address) === 0) throw new Error(`invalid ${what} ${text}: it is no IP address`);
  for (const [subnet, config] of configs) if (contains(subnet, address)) return config;
  if (configs.size === 0)
    throw new Error(`invalid ${what} ${text}: every ${what} must have a corresponding subnet, give --subnet`);
  throw new Error(`no matching subnet for ${what} ${text}`);
}

function contains(subnet: string, address: string): boolean {
  const [network = "", length] = subnet.split("/");
  const family = isIP(network);
  if (family === 0 || isIP(address) !== family) return false;
  const list = new BlockList();
  list.addSubnet(network, Number(length), family === 6 ? "ipv6" : "ipv4");
  return list.check(address, family === 6 ? "ipv6" : "ipv4");
}
