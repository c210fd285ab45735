import type { Driver, DriverKit, DriverModule, Underlay } from "../../contracts/driver.ts";
import type { VxlanObject } from "../../contracts/kernel.ts";
import { isEncrypted, type Network } from "../../model/network.ts";
import { encryptedOverlayMtu } from "../../model/tunnel.ts";
import { bridgedEndpointPlan } from "../bridged-endpoint.ts";
import { bridgedNetworkPlan, markOfNetwork } from "../bridged-network.ts";
import { gatewaysOf } from "../gateways.ts";
import { endpointSysctls } from "../interface-options.ts";
import { bridgeNameOf, networkMac } from "../names.ts";
import { refuseUnworkable } from "../option-values.ts";
import { type OverlayOptions, parseOverlayOptions } from "./options.ts";

/** One segment on all hosts of a cluster: a bridge each, joined by VXLAN (docker: driver overlay). */
export const overlay: DriverModule = { type: "overlay", create };

function create({ underlay }: DriverKit): Driver {
  return {
    type: "overlay",
    addressed: true,
    singleton: false,
    scope: "global",
    publishes: true,
    validateNetwork(network) {
      parseOverlayOptions(network);
      refuseUnworkable(network);
    },
    validateEndpoint: (_network, endpoint) => void endpointSysctls(endpoint, endpoint.ifName ?? "eth0"),
    network(network) {
      const options = parseOverlayOptions(network);
      const bridge = bridgeNameOf(network);
      const { masquerade } = options;
      const { objects, elements } = bridgedNetworkPlan(network, { bridge, masquerade, icc: true, withoutGateway: [] });
      return { objects: [...objects, ...tunnel(network, options, underlay?.(network))], elements };
    },
    endpoint: (network, endpoint, sandbox) =>
      bridgedEndpointPlan({
        network,
        endpoint,
        sandbox,
        ...{ bridge: bridgeNameOf(network), isolated: false, learns: false },
      }),
    gateways: gatewaysOf,
    overhead: (options, underlay) =>
      isEncrypted({ options }) ? encryptedOverhead(underlay?.address) : vxlanOverhead(underlay?.address),
  };
}

/** Outer IP and UDP headers, VXLAN's and the inner Ethernet's (RFC 7348 section 5): 50 bytes on IPv4, 70 on IPv6. */
const vxlanOverhead = (vtep = ""): number => (vtep.includes(":") ? 70 : 50);

/** That of an encrypted one, on an underlay of any size. */
const encryptedOverhead = (vtep = ""): number => 1500 - encryptedOverlayMtu(1500, vtep.includes(":") ? 6 : 4);

/** Name of the VXLAN device of an overlay: 15 characters, the most that fits IFNAMSIZ. */
export const vxlanName = ({ id }: Pick<Network, "id">): string => `fvx${id.slice(0, 12)}`;

/**
 * Without other hosts, or before the cluster gave the network its number, the bridge is all there is. So it is when the
 * underlay is not what the network asks for: an encrypted network is never on one in the clear.
 */
function tunnel(network: Network, options: OverlayOptions, underlay: Underlay | undefined): VxlanObject[] {
  const { vni, encrypted } = options;
  if (underlay === undefined || underlay.encrypted !== encrypted || vni === undefined) return [];
  return [
    {
      kind: "vxlan",
      ...markOfNetwork(network),
      name: vxlanName(network),
      mac: networkMac(network, "vxlan"),
      mtu: network.mtu,
      master: bridgeNameOf(network),
      vni,
      port: underlay.port,
      local: underlay.address,
      device: underlay.device,
    },
  ];
}
