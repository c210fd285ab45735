import { createHash } from "node:crypto";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";
import type { BridgeOptions } from "./options.ts";

/** Name of a network's bridge: as asked for, that of the built-in network, or "br-" and 12 digits of the id. */
export function bridgeName(network: Network, options: BridgeOptions, defaultBridge: string): string {
  if (options.name) return options.name;
  return network.builtIn ? defaultBridge : `br-${network.id.slice(0, 12)}`;
}

/** Host end of an endpoint's veth pair: 15 characters, the most that fits IFNAMSIZ. */
export const hostEnd = (endpoint: Endpoint): string => `flv${endpoint.id.slice(0, 12)}`;

/** A MAC that is the network's own for good: a bridge's MAC otherwise follows its members and ARP entries go stale. */
export function bridgeMac(network: Network): string {
  const bytes = createHash("sha256").update(network.id).digest().subarray(0, 6);
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02; // locally administered, unicast
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
