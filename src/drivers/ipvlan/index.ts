import { invalid } from "../../base/errors.ts";
import { type Driver, type DriverModule, type Gateways, type Machine, onLink } from "../../contracts/driver.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";
import { endpointSysctls, refuseUnworkableInterfaces } from "../interface-options.ts";
import { endpointMark, lanEndpointPlan, lanGateways } from "../lan-endpoint.ts";
import { detectsDuplicates, hostAccess, refuseHostAccess } from "../lan-options.ts";
import { besides, chooseParent, clash, lanOf, parentObjects, parentOf, refuseOtherKind } from "../lan-parent.ts";
import { shimMark, shimName, shimObjects } from "../lan-shim.ts";
import { flagOf, modeOf, refuseUnknown } from "./options.ts";

/** Containers with addresses of their own on a link of the host, under its MAC (docker: driver ipvlan). */
export const ipvlan: DriverModule = { type: "ipvlan", create };

function create(): Driver {
  return {
    type: ipvlan.type,
    addressed: true,
    singleton: false,
    scope: "local",
    publishes: false,
    validateNetwork(network) {
      refuseUnknown(network);
      modeOf(network);
      detectsDuplicates(network);
      refuseHostAccess(network, flagOf(network) === "bridge", "ipvlan_flag=bridge");
      refuseUnworkableInterfaces(network);
    },
    prepareNetwork: prepare,
    // What comes in is told apart by its address, so the shim needs one in each family: see README.md.
    hostFamilies: (network) => (hostAccess(network) ? familiesOf(network) : []),
    hasMacs: () => false,
    validateEndpoint,
    network: (network) => ({
      objects: [...parentObjects(network), ...(hostAccess(network) ? shimOf(network) : [])],
      elements: [],
    }),
    endpoint(network, endpoint, sandbox) {
      const mark = { ...endpointMark(network, endpoint), netns: sandbox };
      const link = { kind: "ipvlan", ...mark, name: endpoint.ifName ?? "eth0" } as const;
      return lanEndpointPlan({ network, endpoint, sandbox, link: { ...link, ...onParent(network) } });
    },
    gateways,
    gatewayFamilies: (network) => (namesGateway(network) ? [4, 6] : []),
    // In the l3 modes addresses are routed: nobody on the LAN is asked for them.
    lan: (network) => (modeOf(network) === "l2" ? lanOf(network) : undefined),
  };
}

const familiesOf = ({ ipv4, ipv6 }: Network) => ([4, 6] as const).filter((family) => (family === 4 ? ipv4 : ipv6));

const onParent = (network: Network) => ({
  mtu: network.mtu,
  parent: parentOf(network),
  mode: modeOf(network),
  flag: flagOf(network),
});

const shimOf = (network: Network) =>
  shimObjects(network, { kind: "ipvlan", ...shimMark(network), name: shimName(network), ...onParent(network) });

/** Mode and flag are the parent's (struct ipvl_port): another network's would change those of all links on it. */
function prepare(draft: Network, machine: Machine): Network {
  const network = chooseParent(draft, machine);
  const others = besides(network, machine);
  refuseOtherKind(network, others);
  const setting = (each: Network) => `ipvlan_mode=${modeOf(each)} and ipvlan_flag=${flagOf(each)}`;
  const different = others.find((other) => setting(other) !== setting(network));
  if (different) throw clash(network, different, `all on one parent share its ${setting(different)}`);
  return network;
}

/** In the modes of layer 3 the host's routes are asked, so there is no gateway to name. */
function gateways(network: Network, endpoint: Pick<Endpoint, "ipv4" | "ipv6">): Gateways {
  if (network.internal || modeOf(network) === "l2") return lanGateways(network, endpoint);
  return { ...(endpoint.ipv4 ? { ipv4: onLink } : {}), ...(endpoint.ipv6 ? { ipv6: onLink } : {}) };
}

const namesGateway = (network: Network): boolean => lanOf(network) !== undefined && modeOf(network) === "l2";

function validateEndpoint(network: Network, endpoint: Endpoint): void {
  endpointSysctls(endpoint, endpoint.ifName ?? "eth0");
  if (endpoint.settings.mac)
    throw invalid("MacAddress", `an endpoint of ipvlan network ${network.name} has its parent's MAC`);
}
