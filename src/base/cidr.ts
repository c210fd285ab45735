import { invalid } from "./errors.ts";
import { bitsOf, compareIp, type Family, formatIp, type Ip, parseIp } from "./ip.ts";

/** An address block without host bits: `base` is its first address. */
export interface Cidr {
  readonly family: Family;
  readonly base: bigint;
  readonly prefixLength: number;
}

/** An address with the prefix length of its subnet, as an interface has it: "172.18.0.2/24". */
export interface InterfaceAddress {
  readonly ip: Ip;
  readonly prefixLength: number;
}

/** Reads "172.18.0.0/16". Undefined for anything else, host bits included. */
export function parseCidr(text: string): Cidr | undefined {
  const address = parseInterfaceAddress(text);
  if (!address) return undefined;
  const cidr = subnetOf(address);
  return cidr.base === address.ip.value ? cidr : undefined;
}

/** The block of text that is known to be right (constants, stored records); throws INVALID otherwise. */
export function cidrOf(text: string): Cidr {
  const cidr = parseCidr(text);
  if (!cidr) throw invalid("subnet", `"${text}" is no address block like 172.18.0.0/16 or fd00::/64 without host bits`);
  return cidr;
}

/** Reads "172.18.0.2/16": host bits may be set. Undefined for anything else. */
export function parseInterfaceAddress(text: string): InterfaceAddress | undefined {
  const slash = text.indexOf("/");
  const ip = slash < 0 ? undefined : parseIp(text.slice(0, slash));
  const length = text.slice(slash + 1);
  if (!ip || !/^(0|[1-9]\d{0,2})$/.test(length) || Number(length) > bitsOf(ip.family)) return undefined;
  return { ip, prefixLength: Number(length) };
}

/** The subnet of "172.18.0.2/16": 172.18.0.0/16. Throws INVALID when the text is no address with a prefix length. */
export function networkOfAddress(text: string): Cidr {
  const address = parseInterfaceAddress(text);
  if (!address) throw invalid("address", `"${text}" is no address with a prefix length`);
  return subnetOf(address);
}

/** The block of `prefixLength` that an address lies in. */
export function subnetOf({ ip, prefixLength }: InterfaceAddress): Cidr {
  const shift = BigInt(bitsOf(ip.family) - prefixLength);
  return { family: ip.family, base: (ip.value >> shift) << shift, prefixLength };
}

export const formatCidr = (cidr: Cidr): string =>
  `${formatIp({ family: cidr.family, value: cidr.base })}/${cidr.prefixLength}`;

/** How many addresses are in it. */
export const sizeOf = (cidr: Cidr): bigint => 1n << BigInt(bitsOf(cidr.family) - cidr.prefixLength);

export const firstOf = (cidr: Cidr): Ip => ({ family: cidr.family, value: cidr.base });

/** The last address; of an IPv4 subnet, its broadcast address. */
export const lastOf = (cidr: Cidr): Ip => ({ family: cidr.family, value: cidr.base + sizeOf(cidr) - 1n });

/** The address at an offset, 0 being the first. */
export const nthOf = (cidr: Cidr, offset: bigint): Ip => ({ family: cidr.family, value: cidr.base + offset });

/** Whether an address lies in the block. */
export const containsIp = (cidr: Cidr, ip: Ip): boolean =>
  cidr.family === ip.family && ip.value >= cidr.base && ip.value < cidr.base + sizeOf(cidr);

/** Whether `inner` lies wholly in `outer`; a block contains itself. */
export const containsCidr = (outer: Cidr, inner: Cidr): boolean =>
  outer.prefixLength <= inner.prefixLength && containsIp(outer, firstOf(inner));

/** Whether two blocks share an address: then one contains the other. */
export const overlaps = (left: Cidr, right: Cidr): boolean => containsCidr(left, right) || containsCidr(right, left);

/** Order for sorting: by first address, the larger block first. */
export const compareCidr = (left: Cidr, right: Cidr): number =>
  compareIp(firstOf(left), firstOf(right)) || left.prefixLength - right.prefixLength;
