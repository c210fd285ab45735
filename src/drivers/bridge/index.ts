import { EngineError } from "../../base/errors.ts";
import type { Driver, DriverKit, DriverModule } from "../../contracts/driver.ts";
import { foundFamilies, type Network } from "../../model/network.ts";
import { bridgedEndpointPlan } from "../bridged-endpoint.ts";
import { bridgedNetworkPlan } from "../bridged-network.ts";
import { gatewaysOf } from "../gateways.ts";
import { endpointSysctls } from "../interface-options.ts";
import { refuseUnworkable } from "../option-values.ts";
import { bridgeName } from "./names.ts";
import { familiesOf, parseBridgeOptions, refuseSources, withoutGateway } from "./options.ts";

/** A Linux bridge a network, a veth pair an endpoint (docker: driver bridge). */
export const bridge: DriverModule = { type: "bridge", create };

function create({ defaultBridge, directRouting = false }: DriverKit): Driver {
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
    bridgeOf: (network) => read(network).bridge,
    validateNetwork(network) {
      parseBridgeOptions(network);
      refuseUnworkable(network);
      refuseSources(network);
    },
    prepareNetwork(draft, machine) {
      const { name } = parseBridgeOptions(draft);
      if (name !== undefined && machine.links.some((link) => link.name === name)) throw nameTaken(draft, name);
      return draft;
    },
    validateEndpoint: (_network, endpoint) => void endpointSysctls(endpoint, endpoint.ifName ?? "eth0"),
    network(network) {
      const { options, bridge } = read(network);
      const modes = { routed: familiesOf(options, "routed"), unprotected: familiesOf(options, "nat-unprotected") };
      const found = foundFamilies(network);
      const without = [...withoutGateway(options), ...(found ?? [])];
      return bridgedNetworkPlan(network, {
        ...{ bridge, ...options, ...modes, withoutGateway: without },
        ...(found ? { found: true } : {}),
        trustsAll: directRouting,
      });
    },
    endpoint(network, endpoint, sandbox) {
      const { options, bridge } = read(network);
      return bridgedEndpointPlan({ network, endpoint, sandbox, bridge, isolated: !options.icc, learns: true });
    },
    gateways: gatewaysOf,
    gatewayFamilies(network) {
      const without = network.internal ? withoutGateway(parseBridgeOptions(network)) : [];
      return ([4, 6] as const).filter((family) => !without.includes(family));
    },
    trustsLinks: (network) => directRouting || parseBridgeOptions(network).trusted.length > 0,
    routedFamilies: (network) => familiesOf(parseBridgeOptions(network), "routed"),
  };
}

/** A bridge of somebody else would be flushed and removed with the network, so none is taken over, as Docker would. */
function nameTaken({ name: network }: Network, name: string): Error {
  return new EngineError("NETWORK_REFUSED", { network, why: `the host has an interface "${name}" already` });
}
