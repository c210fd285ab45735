import { isIP } from "node:net";

/** `--add-host`: "name:address" or "name=address", to "name:address"; an IPv6 address may be in brackets. */
export function parseExtraHost(text: string): string {
  const [, name, rest] = /^([^:=]+)[:=](.+)$/.exec(text) ?? [];
  if (!name || !rest) throw new Error(`bad format for add-host: "${text}"`);
  const address = rest.replace(/^\[(.*)\]$/, "$1");
  if (address !== "host-gateway" && isIP(address) === 0)
    throw new Error(`invalid IP address in add-host: "${address}"`);
  return `${name}:${address}`;
}

/** `--dns`: an address. */
export function parseDnsServer(text: string): string {
  if (isIP(text) !== 0) return text;
  throw new Error(`IP address is not correctly formatted: ${text}`);
}
