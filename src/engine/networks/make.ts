import type { Rollback } from "../../base/rollback.ts";
import type { Network } from "../../model/network.ts";
import type { Parts } from "../parts.ts";

/** Kernel objects and firewall elements of a network that has its pools; used for built-in networks too. */
export function makeNetwork(parts: Parts, network: Network, rollback: Rollback): void {
  const plan = parts.drivers.find(network.driver).network(network);
  parts.kernel.apply(plan.objects, rollback);
  // After it, so that an undo stops expecting before it removes: the news of that is then nobody's.
  parts.expected.add(plan.objects);
  rollback.onFailure(`expectation of ${network.name}`, () => parts.expected.delete(plan.objects));
  if (plan.elements.length === 0) return;
  parts.firewall.change({ add: plan.elements, remove: [] });
  rollback.onFailure(`firewall elements of ${network.name}`, () =>
    parts.firewall.change({ add: [], remove: plan.elements }),
  );
}
