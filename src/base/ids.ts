import { randomBytes } from "node:crypto";

/** A new object id: 64 hex digits, as in the Docker Engine API. */
export const newId = (): string => randomBytes(32).toString("hex");

/** The first 12 digits, as users see and type them. */
export const shortId = (id: string): string => id.slice(0, 12);

/** A locally administered unicast MAC address from random bytes (IEEE 802, bits 0 and 1 of the first octet). */
export function randomMac(): string {
  const bytes = randomBytes(6);
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02;
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
