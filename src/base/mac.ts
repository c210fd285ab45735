import { invalid } from "./errors.ts";

/**
 * Reads the MAC address of an interface and returns it in lower case with colons. Takes colons or dashes; throws INVALID
 * for what no interface can have: a group address (bit 0 of the first octet, IEEE 802) or all zeros.
 */
export function parseMac(text: string): string {
  const mac = text.toLowerCase().replaceAll("-", ":");
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(mac) || (text.includes(":") && text.includes("-"))) {
    throw invalid("MAC address", `"${text}" must be six pairs of hex digits, as in 02:42:ac:11:00:02`);
  }
  if (Number.parseInt(mac.slice(0, 2), 16) & 1) {
    throw invalid("MAC address", `"${text}" is a multicast address; the first octet must be even`);
  }
  if (mac === "00:00:00:00:00:00") throw invalid("MAC address", `"${text}" is all zeros`);
  return mac;
}
