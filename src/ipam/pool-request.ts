import {
  type Cidr,
  cidrOf,
  containsCidr,
  containsIp,
  firstOf,
  formatCidr,
  lastOf,
  networkOfAddress,
  overlaps,
  parseCidr,
  parseInterfaceAddress,
} from "../base/cidr.ts";
import { invalid } from "../base/errors.ts";
import { bitsOf, formatIp, type Ip, parseIp } from "../base/ip.ts";
import type { PoolRequest } from "../contracts/ipam.ts";

/** A checked request: every address in `subnet`, canonical. */
export interface PoolParts {
  readonly subnet: Cidr;
  readonly range?: Cidr;
  readonly gateway?: Ip;
  readonly aux: Readonly<Record<string, Ip>>;
}

/** Blocks that no interface can be numbered from, and why. */
const unusable = [
  ["0.0.0.0/8", "this host (RFC 1122)"],
  ["127.0.0.0/8", "loopback"],
  ["224.0.0.0/4", "multicast"],
  ["::/127", "unspecified and loopback"],
  ["fe80::/10", "link-local"],
  ["ff00::/8", "multicast"],
].map(([text = "", what = ""]) => ({ block: cidrOf(text), text, what }));

/** A subnet within it can be had, as with Docker, where they need no scope: a container on one such network has one link. */
const linkLocal = cidrOf("fe80::/10");

/** The subnet the user gave: a block of the right family, without host bits, that hosts can be in. */
export function parseSubnet(text: string, family: 4 | 6): Cidr {
  const subnet = parseBlock("subnet", text);
  if (subnet.family !== family) throw invalid("subnet", `"${text}" is no IPv${family} subnet`);
  if (containsCidr(linkLocal, subnet)) return subnet;
  const clash = unusable.find(({ block }) => overlaps(block, subnet));
  if (clash) throw invalid("subnet", `"${text}" overlaps ${clash.text}: ${clash.what}`);
  return subnet;
}

/** Everything of a request but its subnet, checked against that. */
export function parseParts(request: PoolRequest, subnet: Cidr): PoolParts {
  const range = request.range === undefined ? undefined : parseRange(request.range, subnet);
  const gateway = request.gateway === undefined ? undefined : parseMember("gateway", request.gateway, subnet);
  const aux = Object.entries(request.aux).map(
    ([name, text]) => [name, parseMember(`aux-address "${name}"`, text, subnet)] as const,
  );
  return { subnet, ...(range ? { range } : {}), ...(gateway ? { gateway } : {}), aux: Object.fromEntries(aux) };
}

/** Refuses range, gateway and aux addresses without the subnet they belong to. */
export function refuseWithoutSubnet({ range, gateway, aux }: PoolRequest): void {
  const given = { "ip-range": range, gateway, "aux-address": Object.keys(aux)[0] };
  for (const [field, value] of Object.entries(given)) {
    if (value !== undefined) throw invalid(field, `"${value}" needs a subnet that it belongs to`);
  }
}

/**
 * Network and broadcast address of an IPv4 subnet, the subnet-router anycast address of an IPv6 one (RFC 4291, 2.6.1): no
 * host may have them. Subnets of one or two addresses have none (RFC 3021, RFC 6164).
 */
export function edgesOf(subnet: Cidr): readonly { readonly ip: Ip; readonly what: string }[] {
  if (subnet.prefixLength >= bitsOf(subnet.family) - 1) return [];
  const first = { ip: firstOf(subnet), what: subnet.family === 4 ? "network address" : "router anycast address" };
  return subnet.family === 6 ? [first] : [first, { ip: lastOf(subnet), what: "broadcast address" }];
}

/** Refuses an edge of the subnet: "172.18.0.0" is its network address. */
export function refuseEdge(field: string, ip: Ip, subnet: Cidr): void {
  const edge = edgesOf(subnet).find((edge) => edge.ip.value === ip.value);
  if (edge) throw invalid(field, `"${formatIp(ip)}" is the ${edge.what} of ${formatCidr(subnet)}`);
}

function parseMember(field: string, text: string, subnet: Cidr): Ip {
  const ip = parseIp(text);
  if (!ip) throw invalid(field, `"${text}" is no IP address`);
  if (!containsIp(subnet, ip)) throw invalid(field, `"${text}" is not in subnet ${formatCidr(subnet)}`);
  refuseEdge(field, ip, subnet);
  return ip;
}

function parseRange(text: string, subnet: Cidr): Cidr {
  const range = parseBlock("ip-range", text);
  if (!containsCidr(subnet, range)) throw invalid("ip-range", `"${text}" is not in subnet ${formatCidr(subnet)}`);
  return range;
}

function parseBlock(field: string, text: string): Cidr {
  const block = parseCidr(text);
  if (block) return block;
  if (!parseInterfaceAddress(text)) throw invalid(field, `"${text}" is no address block like 10.5.0.0/24 or fd05::/64`);
  throw invalid(field, `"${text}" has host bits set; the block is ${formatCidr(networkOfAddress(text))}`);
}
