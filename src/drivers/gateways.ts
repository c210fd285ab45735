import type { Gateways } from "../contracts/driver.ts";
import type { Endpoint } from "../model/endpoint.ts";
import { gatewayOf, type Network } from "../model/network.ts";

/** An internal network offers no way out; otherwise the gateway of each address. */
export function gatewaysOf(network: Network, endpoint: Pick<Endpoint, "ipv4" | "ipv6">): Gateways {
  if (network.internal) return {};
  const [ipv4, ipv6] = [gatewayOf(network, endpoint.ipv4), gatewayOf(network, endpoint.ipv6)];
  return { ...(ipv4 ? { ipv4 } : {}), ...(ipv6 ? { ipv6 } : {}) };
}
