import type { Difference, NetnsRef } from "./kernel.ts";

/** Sets and maps of `table inet fairlead`; src/firewall/table.ts says what each is for. */
export type FirewallSet =
  | "bridges"
  | "internal"
  | "same"
  | "masquerade4"
  | "masquerade6"
  | "source4"
  | "source6"
  | "members4"
  | "members6"
  | "unprotected4"
  | "unprotected6"
  | "routed4"
  | "routed6"
  | "open4"
  | "open6"
  | "open_range4"
  | "open_range6"
  | "trusted"
  | "trusting"
  | "mapped4"
  | "mapped6"
  | "mapped_range4"
  | "mapped_range6"
  | "publish_any4"
  | "publish_any6"
  | "publish_at4"
  | "publish_at6"
  | "publish_range4"
  | "publish_range6"
  | "tunnels"
  | "tunnel_ports";

/**
 * An address of the host's own, to be put on `lo` with prefix length 128 as soon as a network has IPv6: stands for ::1
 * on the way to a container that publishes a port on [::1] (src/firewall/table.ts says why). From the range of RFC 4193.
 */
export const loopbackAlias6 = "fd6a:1e4d:0:1::1";

/** One element of a set or map. The rules are a fixed text; elements are all that ever changes. */
export interface FirewallElement {
  readonly set: FirewallSet;
  /** Parts of the (concatenated) key: ["tcp", "8080"]. */
  readonly key: readonly string[];
  /** Parts of the value, for maps: ["172.18.0.2", "80"]. */
  readonly value?: readonly string[];
  readonly owner: string;
  readonly why: string;
}

export interface Firewall {
  /** Makes the table and its rules if they are not whole; says what was wrong. */
  ensure(): Difference[];
  /** Removes and adds elements in one transaction. Removing what is not there is success; adding what is there replaces it. */
  change(change: { readonly add: readonly FirewallElement[]; readonly remove: readonly FirewallElement[] }): void;
  /** Compares rules and elements with the kernel. */
  diff(desired: readonly FirewallElement[]): Difference[];
  /** Puts table, rules and exactly these elements in place, in one transaction: no packet sees a half-made table. */
  restore(desired: readonly FirewallElement[]): void;
  /** Removes the table with everything in it, the operator's chain too. Idempotent. */
  remove(): void;
  /** Redirects 127.0.0.11:53 inside a sandbox to the resolver's own ports. */
  redirectDns(sandbox: NetnsRef, ports: { readonly udp: number; readonly tcp: number }): void;
  /** Chains of other tables that drop what we accept (a FORWARD policy of drop), with the command that would allow it. */
  conflicts(): { readonly chain: string; readonly remedy: string }[];
}
