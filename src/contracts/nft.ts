import type { NetnsRef } from "./kernel.ts";

/** nftables through libnftables, in process: commands are nft text. */
export interface Nft {
  /** Runs commands as one transaction in the namespace. Throws KernelError with nft's own words and the numbered script. */
  run(netns: NetnsRef, commands: string): void;
  /** `list ...` with JSON output, parsed. */
  list(netns: NetnsRef, command: string): { nftables: Record<string, unknown>[] };
}
