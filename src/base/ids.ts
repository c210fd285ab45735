import { randomBytes } from "node:crypto";

/** A new object id: 64 hex digits, as in the Docker Engine API. */
export const newId = (): string => randomBytes(32).toString("hex");

/** The first 12 digits, as users see and type them. */
export const shortId = (id: string): string => id.slice(0, 12);

/** The MAC address that stands for an IPv4 address ("10.0.9.2"), in Docker's form: 02:42 and its four bytes. */
export const macOfIpv4 = (address: string): string =>
  ["02", "42", ...address.split(".").map((part) => Number(part).toString(16).padStart(2, "0"))].join(":");

/** A locally administered unicast MAC address from random bytes (IEEE 802, bits 0 and 1 of the first octet). */
export function randomMac(): string {
  const bytes = randomBytes(6);
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
