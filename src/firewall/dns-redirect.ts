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
  const rewrites = (["udp", "tcp"] as const).flatMap((protocol) => [
    { protocol, end: "destination", address: resolver, port: 53, becomes: ports[protocol] } as const,
    { protocol, end: "source", address: resolver, port: ports[protocol], becomes: 53 } as const,
  ]);
  nft.rewritePorts(sandbox, "fairlead", rewrites);
}
