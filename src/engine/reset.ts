import type { KernelObject } from "../contracts/kernel.ts";
import { isShared } from "../model/network.ts";
import type { Engine } from "./engine.ts";
import { tearDown } from "./networks/remove.ts";
import type { Parts } from "./parts.ts";

/**
 * Takes everything away that was ever made: containers, networks (the built-in ones too), the firewall table, and puts
 * the host's settings back. Nothing may watch the kernel any more, or it would all be repaired.
 */
export async function reset(
  parts: Parts,
  containers: Engine["containers"],
  originals: readonly KernelObject[],
): Promise<void> {
  const { state, kernel, firewall } = parts;
  // Newest first: who shares the network of another was made after it, and has to leave before it.
  for (const id of [...state.containers.keys()].reverse()) await containers.remove(id, { force: true });
  await leaveCluster(parts);
  const given = parts.hostObjects();
  for (const network of [...state.networks.values()]) await tearDown(parts, network);
  await parts.claims.giveBackAll();
  firewall.remove();
  await kernel.remove(given.filter(({ kind }) => kind !== "sysctl"));
  kernel.repair(originals);
  kernel.sandboxes.dismantle();
  parts.log.info({}, "everything was removed, and the host's settings are as they were before the first start");
}

/** The cluster's networks stay for the other hosts; those of a host that is alone go. */
async function leaveCluster({ cluster, state, log }: Parts): Promise<void> {
  try {
    const shared = [...state.networks.values()].filter(isShared);
    if (cluster.isAlone) for (const network of shared) await cluster.removeNetwork(network);
    await cluster.quit();
  } catch (err) {
    log.error(
      { err },
      'the cluster\'s store does not know that this host is gone: "fairlead host rm" on another one tells it',
    );
  }
}
