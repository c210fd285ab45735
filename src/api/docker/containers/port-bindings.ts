import { invalid } from "../../../base/errors.ts";
import type { PortRequest, Protocol } from "../../../model/port.ts";
import type { PortBindingsBody } from "./create-body.ts";

/** "80/tcp" of ExposedPorts and PortBindings; the protocol may be left out. */
export function parsePort(text: string): { protocol: Protocol; port: number } {
  const [number = "", protocol = "tcp", ...rest] = text.split("/");
  const port = portNumber(`port "${text}"`, number);
  const known = (["tcp", "udp", "sctp"] as const).find((name) => name === protocol.toLowerCase());
  if (known && rest.length === 0 && port > 0) return { protocol: known, port };
  throw invalid(`port "${text}"`, "it must be NUMBER/tcp, NUMBER/udp or NUMBER/sctp with a number from 1 to 65535");
}

/** HostConfig.PortBindings as requests. An empty list and a binding without a port ask for an ephemeral one. */
export function parsePortBindings(bindings: PortBindingsBody): PortRequest[] {
  return Object.entries(bindings).flatMap(([key, list]) => {
    const { protocol, port } = parsePort(key);
    return (list?.length ? list : [{}]).map((binding) => ({
      protocol,
      containerPort: port,
      hostIp: hostIp(binding.HostIp ?? ""),
      ...hostPorts(binding.HostPort ?? ""),
    }));
  });
}

function hostIp(text: string): string {
  // The CLI keeps the brackets of [::1]:8080:80 off, other clients do not.
  const address = text.replace(/^\[(.*)\]$/, "$1");
  if (address === "" || /^[0-9a-fA-F.:%]+$/.test(address)) return address;
  throw invalid("HostIp", `"${text}" is no IP address`);
}

/** "", "0", "8080" or "8000-8010", of which the first free one is taken. */
function hostPorts(text: string): { hostPort: number; hostPortEnd: number } {
  if (text === "") return { hostPort: 0, hostPortEnd: 0 };
  const [first = "", last = first, ...rest] = text.split("-");
  const [hostPort, hostPortEnd] = [portNumber("HostPort", first), portNumber("HostPort", last)];
  if (rest.length === 0 && hostPort <= hostPortEnd) return { hostPort, hostPortEnd };
  throw invalid("HostPort", `"${text}" must be a port or a range FIRST-LAST`);
}

function portNumber(what: string, text: string): number {
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65535) return Number(text);
  throw invalid(what, `"${text}" is not a port number from 0 to 65535`);
}
