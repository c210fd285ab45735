import { bitsOf, formatIp, ipOf } from "../../base/ip.ts";
import type { Codec } from "./codec.ts";

/** Bytes of an address in network order: 4 or 16. */
export function encodeAddress(text: string): Uint8Array {
  const { family, value } = ipOf(text);
  const length = bitsOf(family) / 8;
  return Uint8Array.from({ length }, (_, index) => Number((value >> BigInt(8 * (length - 1 - index))) & 0xffn));
}

/** Text of an address, in the one form that addresses are compared in. */
export const decodeAddress = (bytes: Uint8Array): string =>
  formatIp({
    family: bytes.length === 4 ? 4 : 6,
    value: bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n),
  });

/** An IPv4 or IPv6 address as an attribute; the length tells the family. */
export const ipAddress: Codec<string> = { encode: encodeAddress, decode: decodeAddress };

/** AF_INET or AF_INET6 for an address or CIDR text. */
export const familyOf = (text: string): 2 | 10 => (text.includes(":") ? 10 : 2);

/** "10.0.0.1/24" taken apart, host bits kept, the address as decodeAddress() writes it. */
export function splitCidr(cidr: string): { address: string; prefixLength: number; family: 2 | 10 } {
  const [text = "", length] = cidr.split("/");
  const ip = ipOf(text);
  return {
    address: formatIp(ip),
    prefixLength: length === undefined ? bitsOf(ip.family) : Number(length),
    family: ip.family === 4 ? 2 : 10,
  };
}
