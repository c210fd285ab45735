/** An address on another host: which MAC it has and behind which VTEP it is. */
export interface RemoteAddress {
  /** IPv4 or IPv6 address, no prefix length. */
  readonly address: string;
  readonly mac: string;
  readonly vtep: string;
}

/** What a VXLAN device holds of ours, read back from the kernel. */
export interface ForwardingState {
  /** MAC to VTEP. */
  readonly fdb: ReadonlyMap<string, string>;
  /** Address to MAC. */
  readonly neighbours: ReadonlyMap<string, string>;
}

/**
 * Remote endpoints of VXLAN devices of the host, programmed ahead of need: a permanent forwarding entry (MAC to VTEP)
 * and a permanent neighbour (address to MAC) each, replaced and never created exclusively, tagged as ours. Synchronous
 * and batched: 100,000 addresses take some 200 ms of kernel time, so callers cut them up.
 */
export interface Forwarding {
  /** Forwarding entries first, neighbours last. Throws KernelError; ENODEV when the device is gone. */
  put(device: string, addresses: readonly RemoteAddress[]): void;
  /** Neighbours first. What is gone already is success. A MAC that `keep` names keeps its forwarding entry. */
  drop(device: string, addresses: readonly RemoteAddress[], keep?: ReadonlySet<string>): void;
  /** What is tagged as ours. Entries of others are never read or touched. */
  read(device: string): ForwardingState;
  /** What reconcile() would do. */
  compare(device: string, wanted: readonly RemoteAddress[]): { put: number; dropped: number };
  /** Removes exactly what `read` shows and `wanted` does not have, puts what is missing or different; returns how much. */
  reconcile(device: string, wanted: readonly RemoteAddress[]): { put: number; dropped: number };
}
