import type { Rollback } from "../../base/rollback.ts";
import type { Plan } from "../../contracts/driver.ts";
import type { PortMapping } from "../../model/port.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";
import { electPublisher, routedBeside } from "../plan/gateway-order.ts";
import { transition } from "../plan/transition.ts";

export const nothing: Plan = { objects: [], elements: [] };

/**
 * Brings the kernel from one plan to another: what is new is made, what changes is replaced. What is no longer wanted
 * is returned as a function, to be called after the commit point, since removing cannot be undone.
 */
export function move(parts: Parts, plans: { before: Plan; after: Plan }, rollback: Rollback): () => Promise<void> {
  const { kernel, firewall, expected } = parts;
  const { make, remove, add, drop } = transition(plans.before, plans.after);
  // Replaced routes have no undo of their own: what was there is put back last.
  if (plans.before.objects.length > 0)
    rollback.onFailure("the state before", () => kernel.repair(plans.before.objects));
  kernel.apply(make, rollback);
  // After it, so that an undo stops expecting before it removes: the news of that is then nobody's.
  expected.add(make);
  rollback.onFailure("expectations", () => expected.delete(make));
  if (add.length + drop.length > 0) {
    rollback.onFailure("firewall elements", () =>
      firewall.change({ add: drop.length > 0 ? plans.before.elements : [], remove: add }),
    );
    firewall.change({ add, remove: drop });
  }
  return async () => {
    expected.delete(remove);
    if (remove.length > 0) await kernel.remove(remove);
  };
}

/**
 * Flows of connectionless protocols stick to their old translation, or to having been let in, until their conntrack
 * entries go. `attachments`: what the container was attached to while the flows began.
 */
export async function flushFlows(
  { kernel }: Pick<Parts, "kernel">,
  ports: readonly PortMapping[],
  attachments: readonly Attachment[],
): Promise<void> {
  const flows = ports.flatMap(({ protocol, hostIp, hostPort, containerPort }) => {
    if (protocol === "tcp") return [];
    const family = hostIp.includes(":") ? 6 : 4;
    const beside = routedBeside(attachments, family).map(({ address }) => ({ protocol, port: containerPort, address }));
    const elected = electPublisher(attachments, family);
    const direct = hostPort === 0 || elected?.attachment.driver.trustsLinks?.(elected.attachment.network);
    const own = elected && direct ? [{ protocol, port: containerPort, address: elected.address }] : [];
    return [...(hostPort === 0 ? [] : [{ protocol, port: hostPort }]), ...own, ...beside];
  });
  if (flows.length > 0) await kernel.flushConntrack(flows);
}
