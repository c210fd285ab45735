import type { Network } from "../../model/network.ts";
import { networksLock } from "../networks/create.ts";
import { tearDown } from "../networks/remove.ts";
import type { Parts } from "../parts.ts";
import { adoptPools } from "./clashes.ts";

/**
 * A network of the cluster appeared: this host has it, too. Nothing is made before somebody uses it. True when this host
 * had it otherwise: one that it brought into the cluster got another VNI.
 */
export async function adoptNetwork(parts: Parts, network: Network): Promise<boolean> {
  const { state, locks, events, log } = parts;
  await using _lock = await locks.hold(networksLock);
  // It may have gone while others held the lock: one that was made here and undone, for example.
  if (!parts.cluster.networks().some(({ id }) => id === network.id)) return false;
  if (JSON.stringify(state.networks.get(network.id)) === JSON.stringify(network)) return false;
  const known = state.networks.has(network.id);
  const namesake = state.networkNamed(network.name);
  if (namesake && namesake.id !== network.id)
    log.error(
      { network: network.name, id: network.id },
      "a network of the cluster has the name of one of this host's own: here the name means that one, use the id for the cluster's",
    );
  if (!known) adoptPools(parts, network);
  state.commit([{ put: "network", id: network.id, value: network }]);
  if (!known)
    events.emit("network", "create", { id: network.id, attributes: { name: network.name, type: network.driver } });
  return known;
}

/** A network of the cluster is gone. Who is still on it here was cut off from the others, and loses it. */
export async function forgetNetwork(
  parts: Parts,
  networkId: string,
  disconnect: (networkId: string, containerId: string) => Promise<void>,
): Promise<void> {
  const tried = new Set<string>();
  while (!(await tearDownUnused(parts, networkId, tried)))
    for (const containerId of connected(parts, networkId, tried)) {
      tried.add(containerId);
      parts.log.warn(
        { network: networkId, container: containerId },
        "the network was removed by another host: disconnecting",
      );
      await disconnect(networkId, containerId).catch((err: unknown) =>
        parts.log.error({ err, container: containerId }, "cannot disconnect a container from a network that is gone"),
      );
    }
}

const connected = ({ state, sandboxes }: Parts, networkId: string, except: ReadonlySet<string>): string[] =>
  state
    .endpointsOn(networkId)
    .map(({ containerId }) => containerId)
    .filter((id) => sandboxes.get(id) && !except.has(id));

/** False with a container on it that was not `tried`: one may have come while the locks were waited for. */
async function tearDownUnused(parts: Parts, networkId: string, tried: ReadonlySet<string>): Promise<boolean> {
  const { state, locks, events, clashes } = parts;
  await using _list = await locks.hold(networksLock);
  await using _lock = await locks.hold(networkId);
  const network = state.networks.get(networkId);
  if (!network) return true;
  if (connected(parts, networkId, tried).length > 0) return false;
  clashes.delete(networkId);
  await tearDown(parts, network);
  const { name, driver } = network;
  events.emit("network", "destroy", { id: networkId, attributes: { name, type: driver } });
  return true;
}
