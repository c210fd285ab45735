import { createHash } from "node:crypto";
import type { Endpoint } from "../model/endpoint.ts";
import type { Network } from "../model/network.ts";

/** Host end of an endpoint's veth pair: 15 characters, the most that fits IFNAMSIZ. */
export const hostEnd = (endpoint: Endpoint): string => `flv${endpoint.id.slice(0, 12)}`;

/** Name of a network's bridge when nobody chose one: "br-" and 12 digits of the id. */
export const bridgeNameOf = ({ id }: Pick<Network, "id">): string => `br-${id.slice(0, 12)}`;

/**
 * A MAC that is the network's own for good, and the same on every host: a bridge's MAC otherwise follows its members and
 * ARP entries go stale. `what` tells several of one network apart.
 */
export function networkMac({ id }: Pick<Network, "id">, what = ""): string {
  const bytes = createHash("sha256")
    .update(id + what)
    .digest()
    .subarray(0, 6);
  bytes[0] = ((bytes[0] ?? 0) & 0xfc) | 0x02; // locally administered, unicast
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
