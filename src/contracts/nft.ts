import type { NetnsRef } from "./kernel.ts";

/** nftables through libnftables, in process: commands are nft text. */
export interface Nft {
  /** Runs commands as one transaction in the namespace. Throws KernelError with nft's own words and the numbered script. */
  run(netns: NetnsRef, commands: string): void;
  /**
   * `list ...` with JSON output, parsed. Not for a table that may be dormant: nftables 1.0.6 prints its flags from freed
   * memory (valgrind shows it), and the process may end.
   */
  list(netns: NetnsRef, command: string): { nftables: Record<string, unknown>[] };
  /** `list ...` as nft prints it, without the elements of sets. */
  outline(netns: NetnsRef, command: string): string;
}
