import { createHash } from "node:crypto";
import { formatCidr, parseCidr } from "../base/cidr.ts";
import { invalid } from "../base/errors.ts";
import { bitsOf } from "../base/ip.ts";

/** A block that networks without a subnet are cut from, `size` being their prefix length. */
export interface DefaultPool {
  /** CIDR text. */
  readonly base: string;
  readonly size: number;
}

/**
 * 3,841 networks: one of the size that the built-in network `bridge` is known by, which takes it first, and small ones
 * from the rest of 172.17.0.0-172.31.255.255 and 192.168.0.0/16 (RFC 1918), where Docker users expect theirs.
 */
export const defaultIpv4Pools: readonly DefaultPool[] = [
  { base: "172.17.0.0/16", size: 16 },
  { base: "172.18.0.0/15", size: 24 },
  { base: "172.20.0.0/14", size: 24 },
  { base: "172.24.0.0/13", size: 24 },
  { base: "192.168.0.0/16", size: 24 },
];

/** The unique local /48 of one daemon (RFC 4193, section 3.2.2: bits that nobody else is likely to have) as /64 networks. */
export function ulaPool(daemonId: string): DefaultPool {
  const globalId = BigInt(`0x${createHash("sha256").update(daemonId).digest("hex").slice(0, 10)}`);
  const base = (0xfdn << 120n) | (globalId << 80n);
  return { base: formatCidr({ family: 6, base, prefixLength: 48 }), size: 64 };
}

/** The pools given, and our own for a family that none is given for. */
export function completePools(given: readonly DefaultPool[], daemonId: string): DefaultPool[] {
  const has = (family: 4 | 6): boolean => given.some(({ base }) => parseCidr(base)?.family === family);
  return [...given, ...(has(4) ? [] : defaultIpv4Pools), ...(has(6) ? [] : [ulaPool(daemonId)])];
}

/** Reads "base=10.0.0.0/8,size=24" (dockerd: --default-address-pool). */
export function parseDefaultPool(text: string): DefaultPool {
  const match =
    /^base=(?<base>[^,]+),size=(?<size>\d{1,3})$/.exec(text) ??
    /^size=(?<size>\d{1,3}),base=(?<base>[^,]+)$/.exec(text);
  const { base, size } = match?.groups ?? {};
  if (!base) throw invalid(flag, `"${text}" must be base=CIDR,size=BITS, as in base=10.0.0.0/8,size=24`);
  const pool = { base, size: Number(size) };
  checkDefaultPool(pool);
  return pool;
}

/** Throws INVALID for a base that is no block, or networks that do not fit into it. */
export function checkDefaultPool({ base, size }: DefaultPool): void {
  const cidr = parseCidr(base);
  if (!cidr) throw invalid(flag, `base "${base}" is no address block without host bits`);
  const bits = bitsOf(cidr.family);
  if (!Number.isInteger(size) || size < cidr.prefixLength || size > bits) {
    throw invalid(flag, `size ${size} of ${base} must be from ${cidr.prefixLength} to ${bits}`);
  }
}

const flag = "default-address-pool";
