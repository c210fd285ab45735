import type { NetnsRef } from "../contracts/kernel.ts";
import type { Nft } from "../contracts/nft.ts";

/** Where the resolver of every sandbox is asked. */
const resolver = "127.0.0.11";

/**
 * Rewrites ports on the way out, both ways, without conntrack: queries to port 53 go to the resolver's port, its answers
 * come from port 53. Stateless, so that a resolver on new ports (a daemon restart) is used by the next packet even of a
 * client that keeps its socket, and so that queries fill no table. What a container itself binds to port 53 is not in
 * the way.
 */
export function redirectDns(nft: Nft, sandbox: NetnsRef, ports: { readonly udp: number; readonly tcp: number }): void {
  const rules = (["udp", "tcp"] as const).flatMap((protocol) => [
    `\t\tip daddr ${resolver} ${protocol} dport 53 ${protocol} dport set ${ports[protocol]} notrack`,
    `\t\tip saddr ${resolver} ${protocol} sport ${ports[protocol]} ${protocol} sport set 53 notrack`,
  ]);
  const output = ["\tchain output {", "\t\ttype filter hook output priority raw; policy accept;", ...rules, "\t}"];
  // Adding before deleting makes the deletion succeed whether or not the table was there.
  const replace = ["add table ip fairlead", "delete table ip fairlead", "table ip fairlead {", ...output, "}", ""];
  nft.run(sandbox, replace.join("\n"));
}
