import { EngineError, invalid } from "../../base/errors.ts";
import { interfaceNameRule, isInterfaceName } from "../../base/interface-name.ts";
import { formatIp, isLinkLocal, parseIp } from "../../base/ip.ts";
import { parseMac } from "../../base/mac.ts";
import type { EndpointSettings } from "../../model/endpoint.ts";
import { isLeased, type Network } from "../../model/network.ts";

const ifNameOption = "com.docker.network.endpoint.ifname";

/** A configuration is nothing to be joined. */
export function refuseConfiguration({ name, configOnly }: Network): void {
  const why = "it is a configuration network; endpoints cannot be made on it";
  if (configOnly) throw new EngineError("NETWORK_REFUSED", { network: name, why });
}

/** Refuses endpoint settings that cannot work on this network, and brings the others into their canonical form. */
export function checkSettings(network: Network, settings: EndpointSettings): EndpointSettings {
  refuseConfiguration(network);
  const { ipv4, ipv6, mac, linkLocal, aliases } = settings;
  if (network.builtIn && aliases.length > 0)
    throw invalid("config for network", `network-scoped aliases are only supported for user-defined networks`);
  if (ipv4 || ipv6) refuseStatic(network);
  const ifName = settings.ifName ?? settings.driverOptions[ifNameOption];
  if (ifName !== undefined) checkIfName(ifName);
  for (const alias of aliases) checkAlias(alias);
  return {
    ...settings,
    ...(ipv4 ? { ipv4: canonical("IPv4Address", ipv4, 4) } : {}),
    ...(ipv6 ? { ipv6: canonical("IPv6Address", ipv6, 6) } : {}),
    ...(mac ? { mac: parseMac(mac) } : {}),
    ...(ifName ? { ifName } : {}),
    linkLocal: linkLocal.map(canonicalLinkLocal),
  };
}

function refuseStatic(network: Network): void {
  if (network.builtIn)
    throw invalid(
      "config for network",
      `user specified IP address is supported on user defined networks only, not on "${network.name}"`,
    );
  if (!network.userSubnets && !isLeased(network)) {
    throw invalid(
      `config for network ${network.name}`,
      "user specified IP address is supported only when connecting to networks with user configured subnets",
    );
  }
}

function canonical(field: string, text: string, family: 4 | 6): string {
  const ip = parseIp(text);
  if (!ip || ip.family !== family) throw invalid(field, `"${text}" is no IPv${family} address`);
  return formatIp(ip);
}

function canonicalLinkLocal(text: string): string {
  const ip = parseIp(text);
  if (!ip || !isLinkLocal(ip))
    throw invalid("LinkLocalIPs", `"${text}" is no link-local address (169.254.0.0/16 or fe80::/10)`);
  return formatIp(ip);
}

function checkIfName(name: string): void {
  if (name === "lo") throw invalid("interface name", `"lo" is the loopback's`);
  if (!isInterfaceName(name)) throw invalid("interface name", `"${name}" must be ${interfaceNameRule}`);
}

/** A label or name as DNS can carry it (RFC 1035, section 2.3.4), any characters but blanks and dots at the ends. */
function checkAlias(alias: string): void {
  const fits =
    alias !== "" &&
    Buffer.byteLength(alias) <= 253 &&
    alias.split(".").every((label) => label !== "" && Buffer.byteLength(label) <= 63);
  if (!fits || /\s/.test(alias))
    throw invalid("alias", `"${alias}" is no DNS name: labels of 1 to 63 bytes, 253 in all, without blanks`);
}
