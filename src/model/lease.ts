/** What a DHCP server lent: an address for a time, and what goes with it. Stored with its endpoint. */
export interface Lease {
  /** "192.168.1.20/24". IPv6: with the length of the on-link prefix that a router advertises, else 128. */
  readonly address: string;
  /** Where the default route leads; IPv6: the link-local address of the router that advertises itself. */
  readonly router?: string;
  readonly dns: readonly string[];
  /** Domains to search, the host's own first. */
  readonly search: readonly string[];
  /** Who lent it: the server's IPv4 address, or its DUID in hexadecimal. */
  readonly server: string;
  /** MAC that the server, or the relay before it, answers from. */
  readonly serverMac: string;
  /** Milliseconds since the epoch: when the server is asked again (T1), when any server is (T2), when it ends. */
  readonly renewAt: number;
  readonly rebindAt: number;
  readonly expiresAt: number;
}

/** The leases of an endpoint. */
export interface Leases {
  readonly ipv4?: Lease;
  readonly ipv6?: Lease;
}
