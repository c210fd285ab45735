import { Rollback } from "../../base/rollback.ts";
import { hostNetns } from "../../contracts/kernel.ts";
import { isEncrypted, isShared, type Network } from "../../model/network.ts";
import { equipHost, needless } from "../host.ts";
import { makeNetwork } from "../networks/make.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";
import { holdTunnel, lowerTunnel, raiseTunnel } from "./raise-tunnel.ts";

/** Which networks of the cluster open sandboxes of this host are attached to. Derived at start, never stored. */
export class NetworksInUse {
  readonly #sandboxes = new Map<string, Set<string>>();

  /** Networks whose tunnel has just been made: it is empty, and need not be read. */
  readonly fresh = new Set<string>();

  has(networkId: string): boolean {
    return this.#sandboxes.has(networkId);
  }
  all(): Iterable<string> {
    return this.#sandboxes.keys();
  }
  add(networkId: string, sandboxId: string): void {
    this.#sandboxes.set(networkId, (this.#sandboxes.get(networkId) ?? new Set()).add(sandboxId));
  }
  /** True when that was the last. */
  delete(networkId: string, sandboxId: string): boolean {
    const users = this.#sandboxes.get(networkId);
    if (!users?.delete(sandboxId) || users.size > 0) return false;
    return this.#sandboxes.delete(networkId);
  }
}

/** Taken last, for a moment: raising and lowering a network exclude each other, whoever holds which other locks. */
const useLock = (networkId: string) => `use/${networkId}`;

/**
 * Makes what the networks of the cluster consist of on this host, unless another sandbox has done so, and begins to follow
 * their endpoints. To be called before anything is attached.
 */
export async function raiseNetworks(
  parts: Parts,
  sandboxId: string,
  attachments: readonly Attachment[],
  rollback: Rollback,
): Promise<void> {
  for (const { network } of attachments.filter((each) => isShared(each.network))) {
    await raise(parts, sandboxId, network, rollback);
  }
}

async function raise(parts: Parts, sandboxId: string, network: Network, rollback: Rollback): Promise<void> {
  const { inUse, locks, cluster } = parts;
  {
    await using _use = await locks.hold(useLock(network.id));
    await using _tunnel = await holdTunnel(parts, network);
    if (!inUse.has(network.id)) {
      await using making = new Rollback();
      raiseTunnel(parts, network, making);
      makeNetwork(parts, network, making);
      making.commit();
      inUse.fresh.add(network.id);
    }
    inUse.add(network.id, sandboxId);
    rollback.onFailure(`use of network ${network.name}`, () => lower(parts, sandboxId, network));
    if (isEncrypted(network)) parts.tunnel.meetPeers();
    if (network.ipv6) equipHost(parts); // the first one brings an address
  }
  await cluster.use(network);
}

/** The opposite, after everything of the sandbox has been detached. Goes on after a failure and reports all of them. */
export async function lowerNetworks(
  parts: Parts,
  sandboxId: string,
  attachments: readonly Attachment[],
): Promise<void> {
  const networks = attachments.filter(({ network }) => isShared(network)).map(({ network }) => network);
  const results = await Promise.allSettled(networks.map((network) => lower(parts, sandboxId, network)));
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  if (failures.length > 0) throw new AggregateError(failures, "Cannot remove all of a network that nobody uses");
}

async function lower(parts: Parts, sandboxId: string, network: Network): Promise<void> {
  const { inUse, locks, cluster, drivers, expected, firewall, kernel, names } = parts;
  await using _use = await locks.hold(useLock(network.id));
  await using _tunnel = await holdTunnel(parts, network);
  if (!inUse.delete(network.id, sandboxId)) return;
  const remotes = cluster.remotes(network.id).map(({ endpointId }) => endpointId);
  cluster.leave(network.id);
  const plan = drivers.find(network.driver).network(network);
  expected.delete(plan.objects);
  const removeObjects = async () => {
    const objects = plan.objects.filter(({ netns }) => netns === hostNetns);
    await kernel.remove([...objects, ...needless(network, parts.hostObjects())]);
    if (isEncrypted(network)) await lowerTunnel(parts);
  };
  const steps = [
    () => names.withdraw(remotes),
    () => plan.elements.length > 0 && firewall.change({ add: [], remove: plan.elements }),
    removeObjects,
  ];
  const results = await Promise.allSettled(steps.map(async (step) => step()));
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  if (failures.length > 0) throw new AggregateError(failures, `Cannot remove all of network ${network.name}`);
}
