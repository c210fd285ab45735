/** One endpoint's names on one network, as DNS answers them. */
export interface NameRecord {
  readonly endpointId: string;
  readonly networkId: string;
  /** Lower case or not: compared without case. The first is the one PTR answers. */
  readonly names: readonly string[];
  readonly ipv4?: string;
  readonly ipv6?: string;
}

/** Where a resolver forwards what it does not own. */
export interface Upstream {
  readonly address: string;
  readonly port: number;
  /** "host": asked from the host's namespace; "sandbox": from the container's own. */
  readonly from: "host" | "sandbox";
}

export interface ResolverConfig {
  readonly sandboxId: string;
  /** The networks it sees, in gateway order: the first that knows a name answers. */
  readonly networks: readonly {
    readonly id: string;
    readonly name: string;
    /** CIDR texts: what PTR asks about addresses in them is never forwarded. */
    readonly subnets?: readonly string[];
  }[];
  readonly upstreams: readonly Upstream[];
  /** Private names of this sandbox (legacy links): alias to a container's DNS name; they win over network names. */
  readonly links: Readonly<Record<string, string>>;
  /** False on internal-only containers: names that are not ours get NXDOMAIN and are never forwarded. */
  readonly forward: boolean;
}

/** The DNS of all sandboxes; runs in its own thread. Every method resolves once queries see the change. */
export interface Names {
  publish(records: readonly NameRecord[]): Promise<void>;
  withdraw(endpointIds: readonly string[]): Promise<void>;
  /**
   * Opens the resolver of a sandbox on sockets bound inside it at 127.0.0.11, random UDP and TCP port. Returns the
   * ports, to be redirected from 53. Replaces a resolver that is already open.
   */
  open(config: ResolverConfig): Promise<{ udp: number; tcp: number }>;
  /** Changes networks, upstreams or links of an open resolver. */
  update(config: ResolverConfig): Promise<void>;
  close(sandboxId: string): Promise<void>;
  /** Counters for /metrics: queries by source (container, upstream, cache, refused ...) and response code. */
  statistics(): Promise<{ readonly source: string; readonly rcode: string; readonly count: number }[]>;
  stop(): Promise<void>;
}
