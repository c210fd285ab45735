/**
 * Datagrams received and sent many at a time (recvmmsg, sendmmsg). One set of buffers, used by one thread for one
 * socket after the other: what receive() brought is gone with the next receive().
 */
export interface PacketBatch {
  /** Datagrams received, slot after slot of `slotSize` octets. */
  readonly received: Buffer;
  readonly slotSize: number;
  /** Receives what waits at `fd`, without blocking, up to `capacity` datagrams; returns how many. */
  receive(fd: number): number;
  readonly capacity: number;
  /** Length of the datagram in a slot. */
  length(slot: number): number;
  /** IPv4 address and port of its sender. */
  sender(slot: number): { readonly address: string; readonly port: number };
  /** Keeps an answer to the sender of `slot` for send(); at most one a slot, at most `slotSize` octets. */
  reply(slot: number, bytes: Uint8Array, length: number): void;
  /** Sends the answers kept. What the socket has no room for is dropped, as UDP may. */
  send(fd: number): void;
}

/** Sockets of one sandbox's resolver, bound inside it, and where they are bound. */
export interface ResolverSockets {
  readonly udpFd: number;
  readonly udpPort: number;
  readonly tcpFd: number;
  readonly tcpPort: number;
}

/** A DNS server to ask, and the namespace to ask it from ("host" or a sandbox's id). */
export interface UpstreamTarget {
  readonly netns: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: "udp" | "tcp";
}
