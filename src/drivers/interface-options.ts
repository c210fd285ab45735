import { invalid } from "../base/errors.ts";
import { interfaceNameRule, isInterfaceName } from "../base/interface-name.ts";
import { refuseAnnouncing } from "../model/announcing.ts";
import type { Endpoint } from "../model/endpoint.ts";
import type { Network } from "../model/network.ts";

export const mtuOption = "com.docker.network.driver.mtu";
export const prefixOption = "com.docker.network.container_iface_prefix";
const sysctlOption = "com.docker.network.endpoint.sysctls";

/** IPV6_MIN_MTU, RFC 8200 section 5: a link of a smaller MTU has no IPv6. */
const ipv6MinMtu = 1280;
/** Digits that an interface's number may take. */
const numberDigits = 2;

/** Refuses an MTU and a name for interfaces in containers that parse but cannot work. */
export function refuseUnworkableInterfaces(network: Network): void {
  const { options, ipv6, mtu } = network;
  refuseAnnouncing(network);
  if (ipv6 && mtu < ipv6MinMtu)
    throw invalid(`option "${mtuOption}"`, `${mtu} is too small for IPv6, which needs ${ipv6MinMtu} bytes`);
  const ifPrefix = options[prefixOption];
  if (ifPrefix && !isInterfaceName(ifPrefix + "0".repeat(numberDigits)))
    throw invalid(
      `option "${prefixOption}"`,
      `"${ifPrefix}" and a number make no interface name: ${interfaceNameRule}`,
    );
}

/** `net.ipv4.conf.IFNAME.forwarding=1,...`: IFNAME stands for the interface, ifname too, which is what docker's CLI makes of it. */
export function endpointSysctls(endpoint: Endpoint, ifName: string): [string, string][] {
  const text = endpoint.settings.driverOptions[sysctlOption];
  if (!text) return [];
  return text.split(",").map((entry) => {
    const match = /^net\.(ipv4|ipv6|mpls)\.(conf|neigh)\.(?:IFNAME|ifname)\.([a-z0-9_]+)=([^,]+)$/.exec(entry);
    if (!match)
      throw invalid(`option "${sysctlOption}"`, `"${entry}" is not of the form net.ipv4.conf.IFNAME.NAME=VALUE`);
    return [`net/${match[1]}/${match[2]}/${ifName}/${match[3]}`, match[4] ?? ""];
  });
}

/** Addresses of an endpoint as its interface gets them, CIDR text: those of the pools, then link-local ones. */
export const interfaceAddresses = ({ ipv4, ipv6, settings }: Endpoint): string[] =>
  [ipv4, ipv6, ...settings.linkLocal.map(withPrefix)].filter((address) => address !== undefined);

const withPrefix = (address: string) => (address.includes(":") ? `${address}/64` : `${address}/16`);
