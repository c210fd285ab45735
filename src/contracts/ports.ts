import type { PortMapping, PortRequest, Protocol } from "../model/port.ts";

/**
 * Host ports, reserved by real bound sockets so that a clash is an error at once. The daemon holds the sockets; the
 * traffic never touches them, the kernel rewrites it first.
 */
export interface Ports {
  /**
   * Reserves what is asked: all or nothing. `families`: which the container can serve; a wildcard request yields one
   * mapping a family with the same number. In those of them that are `routed` no port of the host is taken: the mapping
   * has the wildcard and no host port, whatever was asked for. `owner` as in "container web". Throws PORT_TAKEN naming
   * port and owner.
   */
  reserve(
    requests: readonly PortRequest[],
    options: { owner: string; families: readonly (4 | 6)[]; routed?: readonly (4 | 6)[] },
  ): PortMapping[];
  /** Takes back what the store says is published, at start; returns those that cannot be had any more, and why. Never throws. */
  adopt(mappings: readonly PortMapping[], owner: string): { mapping: PortMapping; why: string }[];
  /** Idempotent. */
  release(mappings: readonly PortMapping[]): void;
}

/** The sockets of the host that Ports reserves with. */
export interface PortSockets {
  /**
   * Binds a port and does not listen, so that what reaches it is refused. Returns a descriptor; undefined where the
   * kernel has no sockets of the protocol. Throws KernelError: EADDRINUSE, EADDRNOTAVAIL, EACCES...
   */
  bind(protocol: Protocol, address: string, port: number): number | undefined;
  close(fd: number): void;
  /** First and last port that the kernel hands out by itself (net.ipv4.ip_local_port_range). */
  ephemeralRange(): readonly [number, number];
  /** The process that holds a port, for people: `process 4711 (nginx)`. Slow: for errors only. */
  holderOf(protocol: Protocol, address: string, port: number): string;
}
