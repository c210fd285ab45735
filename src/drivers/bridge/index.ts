import type { Driver, DriverKit, DriverModule } from "../../contracts/driver.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import { gatewayOf, type Network } from "../../model/network.ts";
import { endpointSysctls } from "../interface-options.ts";
import { bridgeEndpointPlan } from "./endpoint.ts";
import { bridgeName } from "./names.ts";
import { bridgeNetworkPlan } from "./network.ts";
import { parseBridgeOptions, refuseUnworkable } from "./options.ts";

/** A Linux bridge a network, a veth pair an endpoint (docker: driver bridge). */
export const bridge: DriverModule = { type: "bridge", create };

function create({ defaultBridge }: DriverKit): Driver {
  const read = (network: Network) => {
    const options = parseBridgeOptions(network);
    return { options, bridge: bridgeName(network, options, defaultBridge) };
  };
  return {
    type: "bridge",
    addressed: true,
    singleton: false,
    scope: "local",
    publishes: true,
    validateNetwork(network) {
      parseBridgeOptions(network);
      refuseUnworkable(network);
    },
    validateEndpoint: (_network, endpoint) => void endpointSysctls(endpoint, endpoint.ifName ?? "eth0"),
    network(network) {
      const { options, bridge } = read(network);
      return bridgeNetworkPlan(network, options, bridge);
    },
    endpoint: (network, endpoint, sandbox) => bridgeEndpointPlan({ network, endpoint, sandbox, ...read(network) }),
    gateways: gatewaysOf,
  };
}

/** An internal network offers no way out; otherwise the gateway of each address. */
function gatewaysOf(network: Network, endpoint: Pick<Endpoint, "ipv4" | "ipv6">) {
  if (network.internal) return {};
  const [ipv4, ipv6] = [gatewayOf(network, endpoint.ipv4), gatewayOf(network, endpoint.ipv6)];
  return { ...(ipv4 ? { ipv4 } : {}), ...(ipv6 ? { ipv6 } : {}) };
}
