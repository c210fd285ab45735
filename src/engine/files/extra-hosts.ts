import { invalid } from "../../base/errors.ts";
import { formatIp, parseIp } from "../../base/ip.ts";

export interface ExtraHost {
  readonly name: string;
  /** Canonical text, or "host-gateway": wherever the host is, as seen from the container. */
  readonly address: string;
}

export const hostGateway = "host-gateway";

/** --add-host "name:address" or "name=address", IPv6 with or without brackets. Throws INVALID. */
export function parseExtraHost(text: string): ExtraHost {
  const [, name, address = ""] = /^([^:=\s#]+)[:=](\S+)$/.exec(text) ?? [];
  if (name === undefined) throw invalid("ExtraHosts", `bad format for add-host: "${text}" is not NAME:ADDRESS`);
  if (address === hostGateway) return { name, address };
  const ip = parseIp(address.replace(/^\[(.*)\]$/, "$1"));
  if (!ip) throw invalid("ExtraHosts", `invalid IP address in add-host: "${address}" in "${text}"`);
  return { name, address: formatIp(ip) };
}
