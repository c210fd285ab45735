import type { Difference } from "../../contracts/kernel.ts";
import type { RepairReport } from "../engine.ts";
import { dropLost } from "../leases/lost.ts";
import type { Parts } from "../parts.ts";
import { repairForwarding } from "../shared/remotes.ts";
import { type Desired, desired } from "./desired.ts";
import { findOrphans } from "./orphans.ts";

/**
 * Compares kernel and model, and unless it is a dry run makes the kernel follow: makes what is missing, mends what is
 * different, removes what carries our mark and belongs to nobody. Alone: nothing may be half-made while it looks.
 * Goes on after a failure and reports all of them.
 */
export async function repair(parts: Parts, { dryRun }: { dryRun: boolean }): Promise<RepairReport> {
  using _alone = await parts.gate.alone();
  if (!dryRun) dropLost(parts);
  const want = desired(parts);
  const broken = parts.kernel.diff(want.objects);
  const rules = parts.firewall.diff(want.elements);
  const orphans = findOrphans(parts, want);
  const forwarding = repairForwarding(parts, { dryRun: true });
  const peers = parts.tunnel.comparePeers();
  const differences = [
    ...broken,
    ...rules,
    ...orphans.map(({ difference }) => difference),
    ...peers.map((detail) => ({ ...different, object: "peers of the tunnel", owner: parts.tunnel.owner, detail })),
    ...forwarding.map((detail) => ({
      ...different,
      object: "forwarding to other hosts",
      owner: "daemon/cluster",
      detail,
    })),
  ];
  if (!dryRun) count(parts.repairs, differences);
  if (dryRun || differences.length === 0) return { differences, repaired: false };
  for (const { problem, object, owner, detail } of differences) {
    parts.log.warn({ problem, object, owner, detail }, "found a difference between kernel and model, repairing it");
  }
  parts.expected.add(want.objects);
  await all([
    () => rules.length > 0 && parts.firewall.restore(want.elements), // first: it guards what the objects open
    () => broken.length > 0 && mend(parts, want, broken),
    ...orphans.map(({ remove }) => remove),
    // Last: a device that was made anew is empty.
    () => parts.tunnel.meetPeers(),
    () => repairForwarding(parts, { dryRun: false }),
  ]);
  const attributes = { differences: String(differences.length), first: differences[0]?.object ?? "" };
  parts.events.emit("daemon", "repair", { id: "fairlead", attributes });
  return { differences, repaired: true };
}

const different = { problem: "different" } as const;

function count(repairs: Parts["repairs"], differences: readonly Difference[]): void {
  repairs.runs += 1;
  for (const { problem } of differences) repairs.differences[problem] = (repairs.differences[problem] ?? 0) + 1;
}

/** Only objects of the owners that are touched, and of a network's whole membership when the network is. */
function mend({ kernel }: Parts, want: Desired, broken: readonly Difference[]): void {
  const owners = new Set(broken.map(({ owner }) => owner));
  const network = [...owners].some((owner) => owner.startsWith("network/"));
  kernel.repair(network ? want.objects : want.objects.filter(({ owner }) => owners.has(owner)));
}

/** One thing that cannot be mended, such as a link that a privileged container holds, is no reason to leave the rules flushed. */
async function all(steps: readonly (() => unknown)[]): Promise<void> {
  const results = await Promise.allSettled(steps.map(async (step) => step()));
  const failures = results.flatMap((result) => (result.status === "rejected" ? [result.reason as unknown] : []));
  if (failures.length > 0) throw new AggregateError(failures, "Cannot repair everything");
}
