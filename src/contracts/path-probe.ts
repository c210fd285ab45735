/** The way of a tunnel's packets from this host to another. */
export interface Path {
  /** The underlay link: packets leave through it or not at all. */
  readonly device: string;
  /** Addresses of one family: where the tunnel begins and ends. */
  readonly local: string;
  readonly remote: string;
  /** Size of the IP packet, headers included: the MTU that tunnels count on. */
  readonly bytes: number;
}

export interface PathAnswer {
  /** A packet of that size arrives there whole, and was answered. */
  readonly arrived: boolean;
  /** If not: the largest that does, in bytes. Absent: none does. */
  readonly mtu?: number;
  /** Why nothing could be sent, an errno name; absent: it was, and no answer came. */
  readonly why?: string;
}

/**
 * Finds out whether packets of full size arrive at another host, which needs no software for that: it is pinged (ICMP
 * echo, which hosts answer unless somebody forbids it: then nothing arrives) without fragmentation. Takes one round trip
 * when all is well, up to 4 s otherwise. Rejects with KernelError without such a device or local address, or with the
 * signal's reason.
 */
export type ProbePath = (path: Path, signal: AbortSignal) => Promise<PathAnswer>;
