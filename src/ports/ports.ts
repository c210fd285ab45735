import { EngineError, invalid } from "../base/errors.ts";
import { formatIp, ipOf } from "../base/ip.ts";
import { KernelError } from "../base/kernel-error.ts";
import type { PortSockets, Ports } from "../contracts/ports.ts";
import type { PortMapping, PortRequest } from "../model/port.ts";
import { Registry } from "./registry.ts";

/** Reserves host ports with bound sockets; `random` in [0, 1) decides where the search for an ephemeral port starts. */
export function createPorts({ sockets, random = Math.random }: { sockets: PortSockets; random?: () => number }): Ports {
  const registry = new Registry();
  const release = (mappings: readonly PortMapping[]) => {
    for (const mapping of mappings) {
      const fd = registry.take(mapping)?.fd;
      if (fd !== undefined) sockets.close(fd);
    }
  };
  return {
    reserve(requests, options) {
      const reserved: PortMapping[] = [];
      try {
        for (const request of requests) reserved.push(...reserveOne({ sockets, registry, random }, request, options));
        return reserved;
      } catch (error) {
        release(reserved);
        throw error;
      }
    },
    adopt: (mappings, owner) =>
      mappings.filter(takesHostPort).flatMap((mapping) => {
        if (registry.inTheWay(mapping)?.owner === owner) return [];
        const why = whyNot(() => bindAll({ sockets, registry }, [mapping], owner));
        return why === undefined ? [] : [{ mapping, why }];
      }),
    release,
  };
}

/** What kept a port from being bound: whatever it is, the daemon's start does not depend on it. */
function whyNot(bind: () => Clash | undefined): string | undefined {
  try {
    const clash = bind();
    return clash && `${clash.holder()} has it`;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

interface Parts {
  readonly sockets: PortSockets;
  readonly registry: Registry;
}

/** The first number that is free at every address the request means. */
function reserveOne(
  parts: Parts & { random: () => number },
  request: PortRequest,
  { owner, families, routed = [] }: Parameters<Ports["reserve"]>[1],
): PortMapping[] {
  const { protocol, containerPort } = request;
  const addresses = addressesOf(request, families);
  const isRouted = (address: string) => routed.includes(familyOf(address));
  let firstClash: Clash | undefined;
  for (const number of addresses.every(isRouted) ? [0] : candidates(request, parts)) {
    const mappings = addresses.map((address): PortMapping => {
      const host = isRouted(address)
        ? { hostIp: everywhere(familyOf(address)), hostPort: 0 }
        : { hostIp: address, hostPort: number };
      return { protocol, ...host, containerPort };
    });
    const clash = bindAll(parts, mappings.filter(takesHostPort), owner);
    if (!clash) return mappings;
    firstClash ??= clash;
  }
  if (!firstClash) throw invalid("host port", `${request.hostPort}-${request.hostPortEnd} holds no port`);
  throw taken(firstClash, tried(request, parts));
}

const takesHostPort = ({ hostPort }: PortMapping): boolean => hostPort !== 0;
const familyOf = (address: string): 4 | 6 => (address.includes(":") ? 6 : 4);
const everywhere = (family: 4 | 6): string => (family === 4 ? "0.0.0.0" : "::");

/** Addresses, in canonical spelling, that a host address stands for: none given means every one, of the families that the container has. */
function addressesOf({ hostIp, hostPort }: PortRequest, families: readonly (4 | 6)[]): string[] {
  if (hostIp === "") return families.map(everywhere);
  const ip = ipOf(hostIp);
  if (families.includes(ip.family)) return [formatIp(ip)];
  throw invalid(
    `host address ${ip.family === 6 ? `[${hostIp}]` : hostIp}:${hostPort}`,
    `the container has no IPv${ip.family} address that could be published there: make its network with --ipv${ip.family}`,
  );
}

/** First and last of the numbers that will do. */
const tried = (
  { hostPort, hostPortEnd }: PortRequest,
  { sockets }: { sockets: PortSockets },
): readonly [number, number] =>
  hostPort === 0 ? sockets.ephemeralRange() : [hostPort, Math.max(hostPort, hostPortEnd)];

function* candidates(request: PortRequest, parts: { sockets: PortSockets; random: () => number }): Generator<number> {
  const [first, last] = tried(request, parts);
  const count = last - first + 1;
  const start = request.hostPort === 0 ? Math.floor(parts.random() * count) : 0;
  for (let step = 0; step < count; step += 1) yield first + ((start + step) % count);
}

interface Clash {
  readonly mapping: PortMapping;
  readonly holder: () => string;
}

const taken = ({ mapping: { hostIp, hostPort, protocol }, holder }: Clash, [first, last]: readonly [number, number]) =>
  new EngineError("PORT_TAKEN", {
    address: hostIp.includes(":") ? `[${hostIp}]` : hostIp,
    port: hostPort,
    protocol,
    owner: first === last ? holder() : `${holder()}, and no other port of ${first}-${last} is free`,
  });

/** Binds all, or none and says what is in the way. */
function bindAll({ sockets, registry }: Parts, mappings: readonly PortMapping[], owner: string): Clash | undefined {
  const bound: { mapping: PortMapping; fd: number | undefined }[] = [];
  const undo = () => {
    for (const { fd } of bound) if (fd !== undefined) sockets.close(fd);
  };
  for (const mapping of mappings) {
    try {
      const other = registry.inTheWay(mapping);
      const clash = other ? { mapping, holder: () => other.owner } : bindOne(sockets, mapping, bound);
      if (!clash) continue;
      undo();
      return clash;
    } catch (error) {
      undo();
      throw error;
    }
  }
  for (const { mapping, fd } of bound) registry.add({ mapping, owner, fd });
  return undefined;
}

function bindOne(
  sockets: PortSockets,
  mapping: PortMapping,
  bound: { mapping: PortMapping; fd: number | undefined }[],
): Clash | undefined {
  const { protocol, hostIp, hostPort } = mapping;
  try {
    bound.push({ mapping, fd: sockets.bind(protocol, hostIp, hostPort) });
    return undefined;
  } catch (error) {
    if (!(error instanceof KernelError)) throw error;
    if (error.errno === "EADDRINUSE") return { mapping, holder: () => sockets.holderOf(protocol, hostIp, hostPort) };
    if (error.errno !== "EADDRNOTAVAIL") throw error;
    throw invalid(`host address ${hostIp}`, "no interface of the host has it");
  }
}
