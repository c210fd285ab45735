export type Protocol = "tcp" | "udp" | "sctp";

/** A published port as asked for: one entry per container port (ranges are expanded by the parser, kept pairwise). */
export interface PortRequest {
  readonly protocol: Protocol;
  readonly containerPort: number;
  /** "" or absent: every address of the host, IPv4 and IPv6. */
  readonly hostIp: string;
  /** First and last host port wanted; 0-0: any ephemeral port; first < last: the first free one. */
  readonly hostPort: number;
  readonly hostPortEnd: number;
}

/** A published port as it is: host address and port to container port. */
export interface PortMapping {
  readonly protocol: Protocol;
  /** "0.0.0.0" or "::" for every address of that family. */
  readonly hostIp: string;
  /** 0: none. The family is routed (gateway mode of the network), and the port is open at the container's own address. */
  readonly hostPort: number;
  readonly containerPort: number;
}
