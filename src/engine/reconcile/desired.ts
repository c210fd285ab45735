import type { FirewallElement } from "../../contracts/firewall.ts";
import type { KernelObject } from "../../contracts/kernel.ts";
import { isShared } from "../../model/network.ts";
import type { Parts } from "../parts.ts";
import { sandboxPlan } from "../plan/sandbox-plan.ts";
import { place } from "../plan/transition.ts";

export interface Desired {
  readonly objects: readonly KernelObject[];
  readonly elements: readonly FirewallElement[];
  /** Sandboxes that ought to be pinned. */
  readonly sandboxes: ReadonlySet<string>;
}

/** All that networks and open sandboxes consist of, networks first: what the kernel should hold of ours. */
export function desired({ state, drivers, sandboxes, inUse, hostObjects, tunnel }: Parts): Desired {
  const networks = [...state.networks.values()].filter(
    (network) => !network.configOnly && (!isShared(network) || inUse.has(network.id)),
  );
  const open = [...sandboxes.all()];
  const plans = [
    ...networks.map((network) => drivers.find(network.driver).network(network)),
    ...open.map(({ id, attachments, ports }) => sandboxPlan(id, attachments, ports)),
  ];
  return {
    objects: oncePerPlace([...hostObjects(), ...plans.flatMap(({ objects }) => objects)]),
    elements: [...tunnel.elements(), ...plans.flatMap(({ elements }) => elements)],
    sandboxes: new Set(open.map(({ id }) => id)),
  };
}

/** What several networks share (a sub-interface of a parent) is described by each of them. */
function oncePerPlace(objects: readonly KernelObject[]): KernelObject[] {
  return [...new Map(objects.map((object) => [place(object), object])).values()];
}
