import type { hostNetns, NetnsRef } from "./kernel.ts";

/** Packets that leave from, or for, one address and port, and the port that they get there instead. */
export interface PortRewrite {
  readonly protocol: "tcp" | "udp";
  readonly end: "source" | "destination";
  readonly address: string;
  readonly port: number;
  readonly becomes: number;
}

/** nftables, in process. Of the host through libnftables, where commands are nft text; of sandboxes as far as is needed. */
export interface Nft {
  /** Runs commands as one transaction in the namespace. Throws KernelError with nft's own words and the numbered script. */
  run(netns: typeof hostNetns, commands: string): void;
  /**
   * `list ...` with JSON output, parsed. Not for a table that may be dormant: nftables 1.0.6 prints its flags from freed
   * memory (valgrind shows it), and the process may end.
   */
  list(netns: typeof hostNetns, command: string): { nftables: Record<string, unknown>[] };
  /** `list ...` as nft prints it, without the elements of sets. */
  outline(netns: typeof hostNetns, command: string): string;
  /**
   * Puts `table ip <table>` in place in a namespace, or in the place of the one that is there: rules that rewrite ports
   * of IPv4 packets on the way out, without conntrack.
   */
  rewritePorts(netns: NetnsRef, table: string, rewrites: readonly PortRewrite[]): void;
}
