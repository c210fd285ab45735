import { bitsOf, type Ip, parseIp } from "../base/ip.ts";
import { encodeName } from "./wire/name.ts";

/** Octets of an address in network order: the data of A and AAAA records. */
export const addressOctets = ({ family, value }: Ip): Uint8Array =>
  Uint8Array.from(Buffer.from(value.toString(16).padStart(bitsOf(family) / 4, "0"), "hex"));

/** Reads an address with or without prefix length; undefined for anything else. */
export const parseAddress = (text: string | undefined): Ip | undefined => parseIp(text?.split("/")[0] ?? "");

/** Name that PTR questions for an address use (RFC 1035 section 3.5, RFC 3596 section 2.5), as a key. */
export function reverseKey({ family, value }: Ip): string {
  const digits = value.toString(family === 4 ? 10 : 16).padStart(32, "0");
  const labels = family === 4 ? [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)) : [...digits];
  const name = `${labels.reverse().join(".")}.${family === 4 ? "in-addr" : "ip6"}.arpa`;
  return Buffer.from(encodeName(name)).toString("latin1");
}

/** The address that a reverse name's key stands for; undefined for any other name. */
export function addressOfReverseKey(key: string): Ip | undefined {
  if (key.endsWith("\x07in-addr\x04arpa\0")) return parseIp(labelsOf(key.slice(0, -14)).reverse().join("."));
  if (!key.endsWith("\x03ip6\x04arpa\0")) return undefined;
  const digits = labelsOf(key.slice(0, -10)).reverse();
  if (digits.length !== 32 || !digits.every((digit) => /^[0-9a-f]$/.test(digit))) return undefined;
  return { family: 6, value: BigInt(`0x${digits.join("")}`) };
}

function labelsOf(key: string): string[] {
  const labels: string[] = [];
  for (let at = 0; at < key.length; at += 1 + key.charCodeAt(at))
    labels.push(key.slice(at + 1, at + 1 + key.charCodeAt(at)));
  return labels;
}
