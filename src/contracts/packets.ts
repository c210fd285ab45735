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

/**
 * What a packet socket hears of a link: ARP; datagrams for a DHCP client (IPv4 to port 68, IPv6 to port 546); router and
 * neighbour advertisements.
 */
export type PacketKind = "arp" | "dhcp4" | "dhcp6" | "advertisements";

/** A frame's payload, from the network header on. */
export interface LinkPacket {
  readonly bytes: Uint8Array;
  /** MAC of its sender on this link. */
  readonly from: string;
}

/** A socket on one link, below the addresses and the firewall of its namespace (AF_PACKET, packet(7)). */
export interface PacketSocket extends Disposable {
  /** The link's own MAC. */
  readonly mac: string;
  /** Sends a payload of the kind's protocol to a MAC. Throws KernelError: ENETDOWN, ENXIO when the link has gone. */
  send(bytes: Uint8Array, to: string): void;
}

export interface PacketSockets {
  /**
   * Opens a socket on a link of a namespace ("host" or a sandbox's id); `receive` gets what arrives from then on, never
   * what was sent from here. Throws KernelError when there is no such link.
   */
  open(
    at: { readonly netns: string; readonly link: string },
    kind: PacketKind,
    receive: (packet: LinkPacket) => void,
  ): PacketSocket;
  /** Resolves when what has arrived until now has been handed out, and what was disposed is closed. */
  flushed(): Promise<void>;
}
