import { EngineError } from "../base/errors.ts";
import { KernelError } from "../base/kernel-error.ts";
import type { TunnelEnd } from "../contracts/cluster.ts";
import type { Tunnels } from "../contracts/tunnel.ts";
import type { TunnelSettings } from "../engine/shared/host-tunnel.ts";
import { tunnelAddress, tunnelMtu } from "../model/tunnel.ts";
import type { ClusterSettings } from "./cluster-options.ts";

/** WireGuard device of encrypted networks. */
const device = "flwg0";

/** Where this host's tunnels end on the underlay; undefined on a host that is alone. */
export type Place = { readonly address: string; readonly mtu: number } | undefined;

/** The tunnel as the flags and the machine have it. What is in the way of it is no reason not to start: it is said to whoever asks for it. */
export function tunnelSettings(settings: ClusterSettings, tunnels: Tunnels, place: Place): TunnelSettings {
  // Beside that of networks in the clear, so that the firewall tells them apart.
  const vxlanPort = settings.port === 65_535 ? settings.port - 1 : settings.port + 1;
  const unable = (unsupported: string): TunnelSettings => ({ device, mtu: 0, vxlanPort, unsupported });
  const why = tunnels.supported();
  if (why !== undefined) return unable(why);
  if (!place) return { device, mtu: 0, vxlanPort };
  try {
    tunnels.publicKey();
    return { device, mtu: tunnelMtu(place.mtu, place.address.includes(":") ? 6 : 4), vxlanPort };
  } catch (error) {
    if (error instanceof EngineError || error instanceof KernelError) return unable(`on this host: ${error.message}`);
    throw error;
  }
}

/** This host's end of the tunnels in a cluster, as its record has it. */
export const tunnelEnd =
  (port: number, tunnels: Tunnels, hostId: string) =>
  (cluster: string): TunnelEnd => ({
    address: tunnelAddress(cluster, hostId),
    publicKey: tunnels.publicKey(),
    port,
  });
