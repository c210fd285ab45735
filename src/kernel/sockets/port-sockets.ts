import { readFileSync } from "node:fs";
import { KernelError } from "../../base/kernel-error.ts";
import type { PortSockets } from "../../contracts/ports.ts";
import * as libc from "../ffi/libc.ts";
import { sockaddrIn, sockaddrIn6 } from "../ffi/sockaddr.ts";
import { encodeAddress } from "../netlink/ip-address.ts";
import { holderOf } from "./holder.ts";

const kinds = {
  tcp: { type: libc.SOCK_STREAM, number: libc.IPPROTO_TCP },
  udp: { type: libc.SOCK_DGRAM, number: libc.IPPROTO_UDP },
  sctp: { type: libc.SOCK_STREAM, number: libc.IPPROTO_SCTP },
} as const;

type Protocol = keyof typeof kinds;

/** Sockets of the namespace that the calling thread is in: the daemon's main thread, so the host's. */
export const portSockets: PortSockets = {
  bind(protocol, address, port) {
    const fd = open(protocol, address);
    if (fd === undefined) return undefined;
    try {
      bindOnly(fd, protocol, { address, port });
      return fd;
    } catch (error) {
      libc.close(fd);
      throw error;
    }
  },
  close: libc.close,
  ephemeralRange() {
    const [first = 32768, last = 60999] = readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8")
      .split("\t")
      .map(Number);
    return [first, last];
  },
  holderOf,
};

/** undefined: this kernel has no such sockets (SCTP is a module that many do without; IPv6 can be left out). */
function open(protocol: Protocol, address: string): number | undefined {
  const { type, number } = kinds[protocol];
  try {
    return libc.socket(address.includes(":") ? libc.AF_INET6 : libc.AF_INET, type, number);
  } catch (error) {
    const absent =
      error instanceof KernelError && ["EPROTONOSUPPORT", "ESOCKTNOSUPPORT", "EAFNOSUPPORT"].includes(error.errno);
    if (absent) return undefined;
    throw error;
  }
}

/**
 * SO_REUSEADDR while binding TCP lets connections in TIME_WAIT be; a server that listens is in the way all the same.
 * Taken back afterwards, it makes the kernel refuse any later server, SO_REUSEADDR or not, at bind() or at listen()
 * (inet_csk_get_port(), net/ipv4/inet_connection_sock.c). On UDP it would mean sharing, so it is not used.
 */
function bindOnly(fd: number, protocol: Protocol, { address, port }: { address: string; port: number }): void {
  const ipv6 = address.includes(":");
  if (ipv6) libc.setSocketOption(fd, libc.SOL_IPV6, libc.IPV6_V6ONLY, 1);
  if (protocol !== "udp") libc.setSocketOption(fd, libc.SOL_SOCKET, libc.SO_REUSEADDR, 1);
  const where = ipv6 ? sockaddrIn6(encodeAddress(address), port) : sockaddrIn(address, port);
  libc.bind(fd, where, `${ipv6 ? `[${address}]` : address}:${port}/${protocol}`);
  if (protocol !== "udp") libc.setSocketOption(fd, libc.SOL_SOCKET, libc.SO_REUSEADDR, 0);
}
