import { invalid } from "../../base/errors.ts";
import type { Driver, DriverModule, Machine } from "../../contracts/driver.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";
import { endpointSysctls, refuseUnworkableInterfaces } from "../interface-options.ts";
import { endpointMark, lanEndpointPlan, lanGateways } from "../lan-endpoint.ts";
import { detectsDuplicates, hostAccess, refuseHostAccess } from "../lan-options.ts";
import { besides, chooseParent, clash, lanOf, parentObjects, parentOf, refuseOtherKind } from "../lan-parent.ts";
import { shimMac, shimMark, shimName, shimObjects } from "../lan-shim.ts";
import { modeOf, refuseUnknown } from "./options.ts";

/** Containers with MACs of their own on a link of the host (docker: driver macvlan). */
export const macvlan: DriverModule = { type: "macvlan", create };

function create(): Driver {
  return {
    type: macvlan.type,
    addressed: true,
    singleton: false,
    scope: "local",
    publishes: false,
    validateNetwork(network) {
      refuseUnknown(network);
      detectsDuplicates(network);
      refuseHostAccess(network, modeOf(network) === "bridge", "macvlan_mode=bridge");
      refuseUnworkableInterfaces(network);
    },
    prepareNetwork: prepare,
    // IPv4 needs none: see README.md.
    hostFamilies: (network) => (hostAccess(network) && network.ipv6 ? [6] : []),
    hasMacs: (network) => modeOf(network) !== "passthru",
    validateEndpoint,
    network: (network) => ({
      objects: [...parentObjects(network), ...(hostAccess(network) ? shimOf(network) : [])],
      elements: [],
    }),
    endpoint(network, endpoint, sandbox) {
      const mark = { ...endpointMark(network, endpoint), netns: sandbox };
      const link = { kind: "macvlan", ...mark, name: endpoint.ifName ?? "eth0", mac: endpoint.mac ?? "" } as const;
      return lanEndpointPlan({ network, endpoint, sandbox, link: { ...link, ...onParent(network) } });
    },
    gateways: lanGateways,
    gatewayFamilies: (network) => (lanOf(network) ? [4, 6] : []),
    lan: lanOf,
  };
}

const onParent = (network: Network) => ({
  mtu: network.mtu,
  parent: parentOf(network),
  mode: modeOf(network),
});

const shimOf = (network: Network) =>
  shimObjects(network, {
    kind: "macvlan",
    ...shimMark(network),
    name: shimName(network),
    mac: shimMac(network),
    ...onParent(network),
  });

function prepare(draft: Network, machine: Machine): Network {
  const network = chooseParent(draft, machine);
  const others = besides(network, machine);
  refuseOtherKind(network, others);
  const exclusive = others.find((other) => [network, other].some((each) => modeOf(each) === "passthru"));
  if (exclusive) throw clash(network, exclusive, "mode passthru tolerates no other on its parent");
  return network;
}

function validateEndpoint(network: Network, endpoint: Endpoint): void {
  endpointSysctls(endpoint, endpoint.ifName ?? "eth0");
  if (endpoint.settings.mac && modeOf(network) === "passthru")
    throw invalid("MacAddress", `in mode passthru an endpoint of network ${network.name} has its parent's MAC`);
}
