import { isIP } from "node:net";
import { isLinkLocal, parseIp } from "../../../base/ip.ts";
import { Refusal } from "../../refusal.ts";
import type { EndpointBody } from "./endpoint-body.ts";

const sysctlsOption = "com.docker.network.endpoint.sysctls";

/** The modes of Docker that are no user-defined networks. */
export const isUserDefined = (network: string): boolean => !["default", "bridge", "host", "none"].includes(network);

/**
 * Refuses settings of an endpoint that make no sense, all that is wrong at once and in the words of Docker's own check
 * (since 25). What the network itself must say, such as its subnets, the engine checks. `where` leads the message.
 */
export function validateEndpoint(network: string, body: EndpointBody, where = ""): void {
  const problems = [...predefinedProblems(network, body), ...addressProblems(body), ...sysctlProblems(body)];
  if (problems.length > 0) throw new Refusal(400, `${where}invalid endpoint settings:\n${problems.join("\n")}`);
}

/** Docker offers neither names nor chosen addresses on its built-in networks. */
function predefinedProblems(network: string, { IPAMConfig: ipam, Aliases: aliases }: EndpointBody): string[] {
  if (isUserDefined(network)) return [];
  return [
    ...(ipam?.IPv4Address || ipam?.IPv6Address
      ? ["user specified IP address is supported on user defined networks only"]
      : []),
    ...(aliases?.length ? ["network-scoped aliases are only supported for user-defined networks"] : []),
  ];
}

function addressProblems({ IPAMConfig: ipam }: EndpointBody): string[] {
  const { IPv4Address: ipv4, IPv6Address: ipv6, LinkLocalIPs: linkLocal } = ipam ?? {};
  return [
    ...(ipv4 && isIP(ipv4) !== 4 ? [`invalid IPv4 address: ${ipv4}`] : []),
    ...(ipv6 && isIP(ipv6) !== 6 ? [`invalid IPv6 address: ${ipv6}`] : []),
    ...(linkLocal ?? [])
      .filter((text) => !isLinkLocalText(text))
      .map((text) => `invalid link-local IP address: ${text}`),
  ];
}

function isLinkLocalText(text: string): boolean {
  const ip = parseIp(text);
  return ip !== undefined && isLinkLocal(ip);
}

function sysctlProblems({ DriverOpts: options }: EndpointBody): string[] {
  const text = options?.[sysctlsOption];
  if (!text) return [];
  return text
    .split(",")
    .filter((sysctl) => !/^[^.]*\.(ipv4|ipv6|mpls)\.[^.]*\.(IFNAME|ifname)\./.test(sysctl))
    .map(
      (sysctl) =>
        `unrecognised network interface sysctl '${sysctl}'; represent 'net.X.Y.ethN.Z=V' as 'net.X.Y.IFNAME.Z=V', 'X' must be 'ipv4', 'ipv6' or 'mpls'`,
    );
}
