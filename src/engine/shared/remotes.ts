import { KernelError } from "../../base/kernel-error.ts";
import type { RemoteChange } from "../../contracts/cluster.ts";
import type { Network } from "../../model/network.ts";
import type { Parts } from "../parts.ts";

type RemoteParts = Pick<
  Parts,
  "state" | "drivers" | "kernel" | "names" | "cluster" | "inUse" | "programmed" | "tunnel" | "log"
>;

/** Programs what other hosts have on a network: the kernel first, so that a name leads somewhere once it is answered. */
export function applyRemotes(parts: RemoteParts, networkId: string, change: RemoteChange): void {
  const { state, kernel, names, cluster, inUse, log } = parts;
  const network = state.networks.get(networkId);
  if (!network || !inUse.has(networkId)) return;
  const device = tunnelOf(parts, network);
  try {
    const isEmpty = inUse.fresh.delete(networkId);
    if (device && change.whole && !isEmpty)
      count(parts, kernel.forwarding.reconcile(device, cluster.forwarding(networkId) ?? []));
    else if (device) {
      kernel.forwarding.drop(device, change.drop, change.macs);
      kernel.forwarding.put(device, change.put);
      count(parts, { put: change.put.length, dropped: change.drop.length });
    }
  } catch (err) {
    // A device that is gone is repaired, and then programmed anew.
    log.warn({ err, network: network.name }, "cannot program the way to endpoints of other hosts");
  }
  const failed = (err: unknown) => log.error({ err, network: network.name }, "cannot publish names of other hosts");
  if (change.withdraw.length > 0) names.withdraw(change.withdraw).catch(failed);
  if (change.publish.length > 0) names.publish(change.publish).catch(failed);
}

function count({ programmed }: Pick<Parts, "programmed">, { put, dropped }: { put: number; dropped: number }): void {
  programmed.put += put;
  programmed.dropped += dropped;
}

/** How many addresses of other hosts are known, by the name of each network in use here. */
export function remoteCounts({ state, cluster, inUse }: Pick<Parts, "state" | "cluster" | "inUse">) {
  return [...inUse.all()].flatMap((id) => {
    const network = state.networks.get(id);
    return network ? [{ network: network.name, addresses: cluster.forwarding(id)?.length ?? 0 }] : [];
  });
}

/** The device that leads to other hosts; undefined on a host that is alone, or cut off. */
export function tunnelOf({ drivers }: Pick<Parts, "drivers">, network: Network): string | undefined {
  const { objects } = drivers.find(network.driver).network(network);
  const vxlan = objects.find((object) => object.kind === "vxlan");
  return vxlan?.kind === "vxlan" ? vxlan.name : undefined;
}

/** Compares the kernel's forwarding with what is known of other hosts, and unless it is a dry run mends it; says what differed. */
export function repairForwarding(parts: RemoteParts, { dryRun }: { dryRun: boolean }): string[] {
  const { forwarding } = parts.kernel;
  return [...parts.inUse.all()].flatMap((networkId) => {
    const network = parts.state.networks.get(networkId);
    const device = network && tunnelOf(parts, network);
    // Before the first news nothing is known, and nothing is touched.
    const wanted = parts.cluster.forwarding(networkId);
    if (!device || !wanted) return [];
    try {
      const { put, dropped } = dryRun ? forwarding.compare(device, wanted) : forwarding.reconcile(device, wanted);
      if (!dryRun) count(parts, { put, dropped });
      return put + dropped > 0 ? [`${device}: ${put} missing or different, ${dropped} too many`] : [];
    } catch (error) {
      // ENODEV: the device itself is what is missing, and is mended.
      if (!(error instanceof KernelError && error.errno === "ENODEV"))
        parts.log.error({ err: error, network: network.name }, "cannot compare the way to endpoints of other hosts");
      return []; // one network's trouble must not keep the others from being repaired
    }
  });
}

const comparisonMs = 5 * 60_000;

/** Compares the forwarding every five minutes: nothing tells of an entry that somebody else took away. */
export function compareForwarding(parts: RemoteParts): Disposable {
  const timer = setInterval(() => {
    try {
      const peers = parts.tunnel.meetPeers();
      if (peers > 0) parts.log.warn({ peers }, "peers of the tunnel were not as they should be, and are again");
      for (const found of repairForwarding(parts, { dryRun: false }))
        parts.log.warn({ found }, "the way to endpoints of other hosts was not as it should be, and is again");
    } catch (err) {
      parts.log.error({ err }, "cannot compare the way to endpoints of other hosts with the kernel");
    }
  }, comparisonMs).unref();
  return { [Symbol.dispose]: () => clearInterval(timer) };
}
