import { invalid } from "../../base/errors.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import { turnsSixOff } from "../../model/sysctls.ts";
import { hostGateway, parseExtraHost } from "./extra-hosts.ts";

/** What every container can resolve without DNS; hosts(5). */
const base = [
  "127.0.0.1\tlocalhost",
  "::1\tlocalhost ip6-localhost ip6-loopback",
  "fe00::\tip6-localnet",
  "ff00::\tip6-mcastprefix",
  "ff02::1\tip6-allnodes",
  "ff02::2\tip6-allrouters",
];

/** Lines of /etc/hosts that are ours: the usual ones (in host mode the host's own), extra hosts, links, own addresses. */
export function hostsLines(
  container: Container,
  endpoints: readonly Endpoint[],
  host: { readonly hosts: string; readonly gateways: readonly string[]; readonly links: readonly string[] },
): string[] {
  const { config } = container;
  const extra = config.extraHosts.flatMap((text) => extraLines(text, host.gateways));
  if (config.networkMode.kind === "host") return [...host.hosts.replace(/\n+$/, "").split("\n"), ...extra];
  const known = endpoints.filter(({ leg }) => !leg);
  const own = known.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6]).filter((address) => address !== undefined);
  const names = own.map((address) => `${address.split("/")[0]}\t${namesOf(container)}`);
  const lines = [...base, ...extra, ...host.links, ...names];
  // IPv6 is off in there, at the loopback too: none of its addresses would answer (since Docker 26).
  return turnsSixOff(config, "all", "lo") ? lines.filter((line) => !addressOf(line).includes(":")) : lines;
}

const addressOf = (line: string): string => line.split("\t")[0] ?? "";

function extraLines(text: string, gateways: readonly string[]): string[] {
  const { name, address } = parseExtraHost(text);
  const addresses = address === hostGateway ? gateways : [address];
  return addresses.map((each) => `${each}\t${name}`);
}

/** Throws INVALID when the container wants to know where the host is, and nothing says so. */
export function requireGateways({ config }: Container, gateways: readonly string[]): void {
  const text = config.extraHosts.find((each) => parseExtraHost(each).address === hostGateway);
  if (text === undefined || gateways.length > 0) return;
  const why = "there is no default bridge network, and the daemon has no --host-gateway-ip";
  throw invalid("ExtraHosts", `"${text}": unable to derive the IP value for host-gateway: ${why}`);
}

/** "fqdn short", or the one when both are the same. */
function namesOf({ config: { hostname, domainname } }: Container): string {
  const full = domainname ? `${hostname}.${domainname}` : hostname;
  const [short = full] = full.split(".");
  return short === full ? full : `${full} ${short}`;
}

/**
 * The file with our lines brought up to date and everything else kept: what users wrote inside the container. `ours` is
 * what we wrote last; a line of it that was changed there is theirs from then on.
 */
export function mergeLines(current: readonly string[], ours: readonly string[], next: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const line of ours) counts.set(line, (counts.get(line) ?? 0) + 1);
  const theirs = current.filter((line) => {
    const left = counts.get(line) ?? 0;
    if (left > 0) counts.set(line, left - 1);
    return left === 0;
  });
  return [...next, ...theirs];
}
