import { isIP } from "node:net";

/** One container port and where it is published; `hostPort` is "", a port, or a range of which the first free is taken. */
export interface PublishedPort {
  readonly protocol: string;
  readonly containerPort: number;
  readonly hostIp: string;
  readonly hostPort: string;
}

interface Ports {
  readonly first: number;
  readonly last: number;
}

/** `-p`: "[ip:][port[-range]]:port[-range][/protocol]", IPv6 in brackets, or "target=80,published=8080,protocol=tcp". */
export function parsePortSpec(spec: string): PublishedPort[] {
  return spec.includes("=") ? parseLongForm(spec) : parseShortForm(spec);
}

/** `--expose`: "port[-range][/protocol]". */
export function parseExposed(spec: string): string[] {
  const { ports, protocol } = withProtocol(spec);
  const { first, last } = portRange("containerPort", ports, spec);
  return Array.from({ length: last - first + 1 }, (_, index) => `${first + index}/${protocol}`);
}

function parseShortForm(spec: string): PublishedPort[] {
  const { ports, protocol } = withProtocol(spec);
  const { ip, host, container } = splitAddress(ports, spec);
  if (ip !== "" && isIP(ip) === 0) throw new Error(`invalid IP address: ${ip}`);
  const inside = portRange("containerPort", container, spec);
  const outside = host === "" ? undefined : portRange("hostPort", host, spec);
  return pair({ inside, outside, ip, protocol }, spec);
}

function withProtocol(spec: string): { ports: string; protocol: string } {
  const [ports = "", protocol = "tcp", ...rest] = spec.split("/");
  const known = protocol.toLowerCase();
  if (rest.length > 0 || !["tcp", "udp", "sctp"].includes(known)) {
    throw new Error(`invalid port "${spec}": the protocol must be tcp, udp or sctp`);
  }
  return { ports, protocol: known };
}

function splitAddress(ports: string, spec: string): { ip: string; host: string; container: string } {
  const bracketed = /^\[([^\]]*)\]:(.*)$/.exec(ports);
  const parts = (bracketed?.[2] ?? ports).split(":");
  const [container = "", host = "", ip = ""] = [...parts].reverse();
  const most = bracketed ? 2 : 3;
  if (parts.length > most || (bracketed && parts.length < 2)) {
    throw new Error(`invalid port "${spec}": use [IP:][HOST_PORT:]CONTAINER_PORT, with an IPv6 address in brackets`);
  }
  if (container === "") throw new Error(`no port specified: ${spec}<empty>`);
  return { ip: bracketed?.[1] ?? ip, host, container };
}

function portRange(what: string, text: string, spec: string): Ports {
  const [first = "", last = first, ...rest] = text.split("-");
  const valid = (port: string) => /^\d{1,5}$/.test(port) && Number(port) <= 65_535;
  const lowest = what === "containerPort" ? 1 : 0;
  if (rest.length > 0 || !valid(first) || !valid(last) || Number(first) < lowest) {
    throw new Error(`invalid ${what}: ${text}: a port is a number from ${lowest} to 65535, in "${spec}"`);
  }
  if (Number(last) < Number(first)) throw new Error(`invalid ${what}: ${text}: a range must not end before it begins`);
  return { first: Number(first), last: Number(last) };
}

interface Pairing {
  readonly inside: Ports;
  readonly outside: Ports | undefined;
  readonly ip: string;
  readonly protocol: string;
}

function pair({ inside, outside, ip, protocol }: Pairing, spec: string): PublishedPort[] {
  const count = inside.last - inside.first + 1;
  const hostCount = outside ? outside.last - outside.first + 1 : count;
  if (hostCount !== count && count !== 1) {
    const [container, host] = [`${inside.first}-${inside.last}`, `${outside?.first}-${outside?.last}`];
    throw new Error(`invalid ranges specified for container and host Ports: ${container} and ${host}, in "${spec}"`);
  }
  const hostPort = (index: number): string => {
    if (!outside) return "";
    // Several host ports for one container port: the daemon takes the first that is free.
    return hostCount > count ? `${outside.first}-${outside.last}` : String(outside.first + index);
  };
  return Array.from({ length: count }, (_, index) => ({
    protocol,
    containerPort: inside.first + index,
    hostIp: ip,
    hostPort: hostPort(index),
  }));
}

const longKeys = ["target", "published", "protocol", "mode"];

function parseLongForm(spec: string): PublishedPort[] {
  const fields: Record<string, string> = {};
  for (const part of spec.split(",")) {
    const [key = "", value = ""] = part.toLowerCase().split("=");
    if (!longKeys.includes(key) || value === "") {
      throw new Error(`invalid port "${spec}": use target=PORT,published=PORT,protocol=tcp|udp|sctp`);
    }
    fields[key] = value;
  }
  const { target, published, protocol } = fields;
  if (!target) throw new Error(`invalid port "${spec}": target is missing`);
  return parseShortForm(`${published ? `${published}:` : ""}${target}/${protocol ?? "tcp"}`);
}
