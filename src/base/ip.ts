import { invalid } from "./errors.ts";

export type Family = 4 | 6;

/** An IPv4 or IPv6 address as a number: comparing, counting and masking are arithmetic. */
export interface Ip {
  readonly family: Family;
  readonly value: bigint;
}

/** Address bits of a family. */
export const bitsOf = (family: Family): 32 | 128 => (family === 4 ? 32 : 128);

/**
 * Reads an address: dotted decimal without leading zeros (inet_pton(3)), or RFC 4291 section 2.2 text without a zone.
 * Undefined for anything else, blanks included.
 */
export function parseIp(text: string): Ip | undefined {
  const family: Family = text.includes(":") ? 6 : 4;
  const value = family === 4 ? parseIpv4(text) : parseIpv6(text);
  return value === undefined ? undefined : { family, value };
}

/** The address of text that is known to be right (constants, stored records); throws INVALID otherwise. */
export function ipOf(text: string): Ip {
  const ip = parseIp(text);
  if (!ip) throw invalid("address", `"${text}" is no IPv4 or IPv6 address`);
  return ip;
}

/** Canonical text: dotted decimal, or RFC 5952. */
export const formatIp = (ip: Ip): string => (ip.family === 4 ? formatIpv4(ip.value) : formatIpv6(ip.value));

/** Order for sorting: IPv4 before IPv6, then by value. */
export function compareIp(left: Ip, right: Ip): number {
  if (left.family !== right.family) return left.family - right.family;
  return Number(left.value > right.value) - Number(left.value < right.value);
}

/** 169.254.0.0/16 (RFC 3927) or fe80::/10 (RFC 4291). */
export const isLinkLocal = ({ family, value }: Ip): boolean =>
  family === 4 ? value >> 16n === 0xa9fen : value >> 118n === 0x3fan;

/** 127.0.0.0/8 or ::1. */
export const isLoopback = ({ family, value }: Ip): boolean => (family === 4 ? value >> 24n === 127n : value === 1n);

/** 224.0.0.0/4 or ff00::/8. */
export const isMulticast = ({ family, value }: Ip): boolean =>
  family === 4 ? value >> 28n === 0xen : value >> 120n === 0xffn;

function parseIpv4(text: string): bigint | undefined {
  const octets = text.split(".");
  if (octets.length !== 4) return undefined;
  let value = 0;
  for (const octet of octets) {
    if (!/^(0|[1-9]\d{0,2})$/.test(octet) || Number(octet) > 255) return undefined;
    value = value * 256 + Number(octet);
  }
  return BigInt(value);
}

function parseIpv6(text: string): bigint | undefined {
  const [head, tail, ...more] = text.split("::");
  if (head === undefined || more.length > 0) return undefined;
  const left = groupsOf(head, tail === undefined);
  const right = groupsOf(tail ?? "", true);
  if (!left || !right) return undefined;
  const gap = 8 - left.length - right.length;
  // "::" stands for at least one group; without it all eight must be there.
  if (tail === undefined ? gap !== 0 : gap < 1) return undefined;
  const groups = [...left, ...new Array<number>(gap).fill(0), ...right];
  return groups.reduce((value, group) => (value << 16n) | BigInt(group), 0n);
}

/** The 16-bit groups of one side of "::"; the last may be a dotted IPv4 address when this side ends the text. */
function groupsOf(side: string, endsText: boolean): number[] | undefined {
  if (side === "") return [];
  const groups: number[] = [];
  const parts = side.split(":");
  for (const [index, part] of parts.entries()) {
    if (/^[0-9a-f]{1,4}$/i.test(part)) groups.push(Number.parseInt(part, 16));
    else {
      const ipv4 = endsText && index === parts.length - 1 ? parseIpv4(part) : undefined;
      if (ipv4 === undefined) return undefined;
      groups.push(Number(ipv4 >> 16n), Number(ipv4 & 0xffffn));
    }
  }
  return groups;
}

function formatIpv4(value: bigint): string {
  const bits = Number(value);
  return `${bits >>> 24}.${(bits >>> 16) & 255}.${(bits >>> 8) & 255}.${bits & 255}`;
}

/** RFC 5952: lower case, no leading zeros, "::" for the first longest run of two or more zero groups. */
function formatIpv6(value: bigint): string {
  // Section 5: an IPv4-mapped address keeps its dotted tail.
  if (value >> 32n === 0xffffn) return `::ffff:${formatIpv4(value & 0xffffffffn)}`;
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
  const run = longestZeroRun(groups);
  const hex = (part: number[]): string => part.map((group) => group.toString(16)).join(":");
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

function longestZeroRun(groups: readonly number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  for (let start = 0; start < 8; start += 1) {
    let end = start;
    while (groups[end] === 0) end += 1;
    if (end - start > best.length) best = { start, length: end - start };
    start = end;
  }
  return best;
}
