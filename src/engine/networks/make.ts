import type { Rollback } from "../../base/rollback.ts";
import type { Network } from "../../model/network.ts";
import type { Parts } from "../parts.ts";
import { ownObjects } from "./shared-objects.ts";

/**
 * Firewall elements and kernel objects of a network that has its pools; used for built-in networks too. The elements
 * first: they guard what the objects open (route_localnet), and an element waits for its link by name.
 */
export function makeNetwork(parts: Parts, network: Network, rollback: Rollback): void {
  const { elements } = parts.drivers.find(network.driver).network(network);
  if (elements.length > 0) {
    parts.firewall.change({ add: elements, remove: [] });
    rollback.onFailure(`firewall elements of ${network.name}`, () =>
      parts.firewall.change({ add: [], remove: elements }),
    );
  }
  const objects = ownObjects(parts, network);
  parts.kernel.apply(objects, rollback);
  // After it, so that an undo stops expecting before it removes: the news of that is then nobody's.
  parts.expected.add(objects);
  rollback.onFailure(`expectation of ${network.name}`, () => parts.expected.delete(objects));
}
