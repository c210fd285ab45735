import type { Rollback } from "../../base/rollback.ts";
import { isEncrypted, type Network } from "../../model/network.ts";
import type { Parts } from "../parts.ts";

type TunnelUse = Pick<Parts, "tunnel" | "kernel" | "firewall" | "expected" | "locks">;

/** Held while an encrypted network comes into use or goes out of it: it may be the first, or the last. */
export const holdTunnel = async (
  { locks }: Pick<Parts, "locks">,
  network: Network,
): Promise<AsyncDisposable | undefined> => (isEncrypted(network) ? await locks.hold("tunnel") : undefined);

/** Makes the tunnel, unless another network has it in use. The firewall comes first: nothing is to leave by another way. */
export function raiseTunnel(parts: TunnelUse, network: Network, rollback: Rollback): void {
  const { tunnel, kernel, firewall, expected } = parts;
  if (!isEncrypted(network)) return;
  tunnel.refuse(network);
  if (tunnel.isInUse) return;
  rollback.onFailure("tunnel of encrypted networks", () => lowerTunnel(parts));
  const [objects, elements] = [tunnel.describe(), tunnel.describeElements()];
  if (elements.length > 0) firewall.change({ add: elements, remove: [] });
  kernel.repair(objects);
  expected.add(objects);
}

/** Removes the tunnel, unless a network has it in use. The firewall goes last. */
export async function lowerTunnel({ tunnel, kernel, firewall, expected }: TunnelUse): Promise<void> {
  if (tunnel.isInUse) return;
  const [objects, elements] = [tunnel.describe(), tunnel.describeElements()];
  expected.delete(objects);
  await kernel.remove(objects);
  if (elements.length > 0) firewall.change({ add: [], remove: elements });
}
