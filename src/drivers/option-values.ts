import { invalid } from "../base/errors.ts";
import { interfaceNameRule, isInterfaceName } from "../base/interface-name.ts";
import { parseIp } from "../base/ip.ts";
import type { Network } from "../model/network.ts";

/** What the names of Docker's options begin with. */
export const optionPrefix = "com.docker.network.";

/** Reads a flag as Docker does, by Go's strconv.ParseBool; throws INVALID naming the option. */
export function flagOption(option: string, text: string | undefined, byDefault: boolean): boolean {
  if (text === undefined || text === "") return byDefault;
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  throw invalid(`option "${option}"`, `"${text}" is neither true nor false`);
}

/** IPV6_MIN_MTU, RFC 8200 section 5: a link of a smaller MTU has no IPv6. */
const ipv6MinMtu = 1280;
/** Digits that an interface's number may take. */
const numberDigits = 2;

/** Refuses what parses but cannot work on any bridge; only for new networks, so that none in the store is lost to a new rule. */
export function refuseUnworkable({ options, ipv6, mtu }: Network): void {
  if (ipv6 && mtu < ipv6MinMtu)
    throw invalid(
      `option "${optionPrefix}driver.mtu"`,
      `${mtu} is too small for IPv6, which needs ${ipv6MinMtu} bytes`,
    );
  const ifPrefix = options[`${optionPrefix}container_iface_prefix`];
  if (ifPrefix && !isInterfaceName(ifPrefix + "0".repeat(numberDigits)))
    throw invalid(
      `option "${optionPrefix}container_iface_prefix"`,
      `"${ifPrefix}" and a number make no interface name: ${interfaceNameRule}`,
    );
  const address = options[`${optionPrefix}bridge.host_binding_ipv4`];
  if (address && parseIp(address)?.family !== 4)
    throw invalid(`option "${optionPrefix}bridge.host_binding_ipv4"`, `"${address}" is no IPv4 address`);
}
