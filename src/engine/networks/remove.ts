import { EngineError } from "../../base/errors.ts";
import { foundFamilies, isShared, type Network } from "../../model/network.ts";
import type { Filters } from "../engine.ts";
import { needless } from "../host.ts";
import type { Parts } from "../parts.ts";
import { giveNetworkBack, involvesPlugins, removeAtPlugin } from "../plugins/remote-networks.ts";
import { networksLock } from "./create.ts";
import { matchesNetwork } from "./filters.ts";
import { findNetwork } from "./find.ts";
import { ownObjects } from "./shared-objects.ts";

/** Removes a network that no running container uses. Stopped containers keep naming it, and will not start without it. */
export async function removeNetwork(parts: Parts, reference: string): Promise<void> {
  const found = findNetwork(parts.state, reference);
  using _going = parts.drivers.find(found.driver).remote ? await leavePlugin(parts, found.id) : undefined;
  await using _list = await parts.locks.hold(networksLock);
  // Not by its name: while we waited, another network may have got it.
  const network = findNetwork(parts.state, found.id);
  await using _lock = await parts.locks.hold(network.id);
  refuseRemoval(parts, network);
  if (isShared(network)) await parts.cluster.removeNetwork(network);
  await tearDown(parts, network);
  tellGone(parts, network);
  if (involvesPlugins(parts, network)) await giveNetworkBack(parts, network);
}

/**
 * The plugin is told first, and may refuse. It takes its time: only this network waits meanwhile, and nobody joins it
 * until what is returned is disposed of.
 */
async function leavePlugin(parts: Parts, networkId: string): Promise<Disposable> {
  await using _lock = await parts.locks.hold(networkId);
  const network = findNetwork(parts.state, networkId);
  refuseRemoval(parts, network);
  using going = new DisposableStack();
  going.use(parts.claims.going(networkId));
  await removeAtPlugin(parts, network);
  return going.move();
}

/**
 * Docker's prune: user-made networks without a container, running or not. Returns their names. All at once, because
 * the kernel takes its time for each bridge, but not longer for many.
 */
export async function pruneNetworks(parts: Parts, filters: Filters): Promise<string[]> {
  const candidates = () =>
    [...parts.state.networks.values()].filter(
      (network) => !network.builtIn && !network.configOnly && matchesNetwork(parts.state, network, filters),
    );
  using left = new DisposableStack();
  const isPlugins = ({ driver }: Network) => parts.drivers.find(driver).remote === true;
  const plugged = candidates().filter(isPlugins);
  const { gone, refused } = plugged.length > 0 ? await leavePlugins(parts, plugged, left) : nobody;
  await using _list = await parts.locks.hold(networksLock);
  const ready = candidates().filter((network) => !isPlugins(network) || gone.has(network.id));
  const results = await Promise.allSettled(ready.map((network) => pruneNetwork(parts, network)));
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  if (failures.length + refused.length > 0)
    throw new AggregateError([...refused, ...failures], "Cannot remove every unused network");
  parts.events.emit("network", "prune", { id: "", attributes: { reclaimed: "0" } });
  return results.flatMap((result) => (result.status === "fulfilled" && result.value ? [result.value] : []));
}

const nobody: Awaited<ReturnType<typeof leavePlugins>> = { gone: new Set(), refused: [] };

/** Before the list is locked, as plugins take their time. Ids of the networks that their plugins have removed. */
async function leavePlugins(parts: Parts, networks: readonly Network[], left: DisposableStack) {
  const gone = new Set<string>();
  const refused: unknown[] = [];
  for (const { id } of networks.filter((network) => parts.state.endpointsOn(network.id).length === 0)) {
    try {
      left.use(await leavePlugin(parts, id));
      gone.add(id);
    } catch (error) {
      refused.push(error);
    }
  }
  return { gone, refused };
}

/** Its name, or undefined when somebody uses it. */
async function pruneNetwork(parts: Parts, network: Network): Promise<string | undefined> {
  await using _lock = await parts.locks.hold(network.id);
  if (parts.state.endpointsOn(network.id).length > 0) return undefined;
  if (isShared(network) && !(await removeUnused(parts, network))) return undefined;
  await tearDown(parts, network);
  tellGone(parts, network);
  if (involvesPlugins(parts, network)) await giveNetworkBack(parts, network);
  return network.name;
}

/** False: another host uses it. */
async function removeUnused({ cluster }: Parts, network: Network): Promise<boolean> {
  try {
    await cluster.removeNetwork(network);
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.code === "NETWORK_IN_USE") return false;
    throw error;
  }
}

function tellGone({ events }: Parts, { id, name, driver }: Network): void {
  events.emit("network", "destroy", { id, attributes: { name, type: driver } });
}

function refuseRemoval({ state }: Parts, network: Network): void {
  if (network.builtIn) throw new EngineError("NETWORK_BUILT_IN", { network: network.name, verb: "remove" });
  const users = state.endpointsOn(network.id).map(({ containerId }) => state.containers.get(containerId));
  const names = users.filter((user) => user?.sandboxId !== undefined).map((user) => user?.name ?? "");
  if (names.length > 0) throw new EngineError("NETWORK_IN_USE", { network: network.name, endpoints: names });
  const copies = [...state.networks.values()].filter(
    ({ configFrom }) => network.configOnly && configFrom === network.name,
  );
  if (copies.length > 0) {
    throw new EngineError("CONFIG_IN_USE", { network: network.name, users: copies.map(({ name }) => name) });
  }
}

/** The store first: from there on the objects have no owner, and a crash leaves them to the reconciler. */
export async function tearDown(parts: Parts, network: Network): Promise<void> {
  const { state, ipam, firewall, kernel, drivers, expected } = parts;
  using _pass = await parts.gate.shared();
  const found = foundFamilies(network) !== undefined;
  if (found) await leaveFoundBridge(parts, network);
  const left = state.endpointsOn(network.id).map((endpoint) => ({ ...endpoint, removedNetwork: network.name }));
  state.commit([
    { delete: "network", id: network.id },
    ...left.map((value) => ({ put: "endpoint", id: value.id, value }) as const),
  ]);
  ipam.removeNetwork(network.id);
  parts.clashes.delete(network.id);
  // One of the cluster's is in the kernel while somebody uses it, and then it is not removed.
  if (network.configOnly || isShared(network)) return;
  const { elements } = drivers.find(network.driver).network(network);
  const objects = found ? [] : ownObjects(parts, network);
  expected.delete(objects);
  const failures: unknown[] = [];
  try {
    if (elements.length > 0) firewall.change({ add: [], remove: elements });
  } catch (error) {
    failures.push(error);
  }
  await kernel
    .remove([...objects, ...needless(network, parts.hostObjects())])
    .catch((error: unknown) => failures.push(error));
  if (failures.length > 0)
    throw new AggregateError(failures, `Cannot remove all of network ${network.name}; "fairlead repair" finishes it`);
}

/**
 * Of a bridge that stays, before anything else. It is not ours, so the record alone tells what on it is ours, and a
 * crash leaves that to the next start. And the firewall's elements guard what route_localnet opens.
 */
async function leaveFoundBridge(parts: Parts, network: Network): Promise<void> {
  await parts.kernel.remove(ownObjects(parts, network));
}
