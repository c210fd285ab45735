import { encodeAddress } from "../netlink/ip-address.ts";

/*
 * MAC and IP addresses straight from text into a message and back. The parsers of src/base go through big integers,
 * which at 100,000 addresses would cost more than the kernel's own work; what these do not read goes to them.
 */

const NONE = 255;
const hexDigits = new Uint8Array(128).fill(NONE);
for (const [value, digit] of [..."0123456789abcdef"].entries()) {
  hexDigits[digit.charCodeAt(0)] = value;
  hexDigits[digit.toUpperCase().charCodeAt(0)] = value;
}
const hexOf = (code: number): number => hexDigits[code] ?? NONE;
const COLON = 58;
const DOT = 46;

/** Writes "02:42:0a:00:09:02" as 6 bytes; false, with rubbish written, for other text. */
export function writeMac(bytes: Uint8Array, at: number, text: string): boolean {
  if (text.length !== 17) return false;
  for (let part = 0; part < 6; part++) {
    const high = hexOf(text.charCodeAt(3 * part));
    const low = hexOf(text.charCodeAt(3 * part + 1));
    if (high === NONE || low === NONE || (part < 5 && text.charCodeAt(3 * part + 2) !== COLON)) return false;
    bytes[at + part] = (high << 4) | low;
  }
  return true;
}

/** Writes an address in network order and returns its length, 4 or 16; throws INVALID for text that is none. */
export function writeAddress(bytes: Uint8Array, at: number, text: string): 4 | 16 {
  const ipv6 = text.includes(":");
  if (ipv6 ? writeIpv6(bytes, at, text) : writeIpv4(bytes, at, text)) return ipv6 ? 16 : 4;
  const encoded = encodeAddress(text);
  bytes.set(encoded, at);
  return encoded.length === 4 ? 4 : 16;
}

function writeIpv4(bytes: Uint8Array, at: number, text: string): boolean {
  let octet = 0;
  let digits = 0;
  let octets = 0;
  for (let index = 0; index <= text.length; index++) {
    const code = index === text.length ? DOT : text.charCodeAt(index);
    if (code === DOT) {
      if (digits === 0 || octet > 255 || octets === 4) return false;
      bytes[at + octets++] = octet;
      octet = 0;
      digits = 0;
      continue;
    }
    if (code < 48 || code > 57 || digits === 3 || (digits > 0 && octet === 0)) return false;
    octet = octet * 10 + code - 48;
    digits++;
  }
  return octets === 4;
}

/** Groups and at most one "::"; false for anything else, such as a dotted tail. */
function writeIpv6(bytes: Uint8Array, at: number, text: string): boolean {
  const double = text.indexOf("::");
  if (double < 0) return writeGroups(bytes, at, text, 0, text.length) === 16;
  const head = double === 0 ? 0 : writeGroups(bytes, at, text, 0, double);
  if (head < 0) return false;
  const start = double + 2;
  const tail = start === text.length ? 0 : writeGroups(bytes, at + head, text, start, text.length);
  if (tail < 0 || head + tail > 14) return false;
  bytes.copyWithin(at + 16 - tail, at + head, at + head + tail);
  bytes.fill(0, at + head, at + 16 - tail);
  return true;
}

/** Bytes written; -1 for text that is not all groups, or of more than eight. */
function writeGroups(bytes: Uint8Array, at: number, text: string, from: number, to: number): number {
  let written = 0;
  let group = 0;
  let digits = 0;
  for (let index = from; index <= to; index++) {
    const code = index === to ? COLON : text.charCodeAt(index);
    if (code === COLON) {
      if (digits === 0 || written === 16) return -1;
      bytes[at + written] = group >> 8;
      bytes[at + written + 1] = group & 255;
      written += 2;
      group = 0;
      digits = 0;
      continue;
    }
    const digit = hexOf(code);
    if (digit === NONE || digits === 4) return -1;
    group = (group << 4) | digit;
    digits++;
  }
  return written;
}

const hexPairs = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** Text of 6 bytes. */
export function macText(bytes: Uint8Array, at: number): string {
  let text = hexPairs[bytes[at] as number] as string;
  for (let index = 1; index < 6; index++) text += `:${hexPairs[bytes[at + index] as number]}`;
  return text;
}
