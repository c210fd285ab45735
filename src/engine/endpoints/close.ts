import { hostNetns } from "../../contracts/kernel.ts";
import { forgetLeases } from "../leases/leased.ts";
import type { Parts } from "../parts.ts";
import { sandboxPlan } from "../plan/sandbox-plan.ts";
import { lowerNetworks } from "../shared/in-use.ts";
import { localEndpoints } from "../shared/local-endpoint.ts";
import { goThrough } from "./go-through.ts";
import { flushFlows } from "./move.ts";
import type { OpenSandbox } from "./open-sandboxes.ts";

/** Takes a sandbox down. Goes on after an error and reports all of them; the reconciler finishes what was left. */
export async function closeSandbox(parts: Parts, sandbox: OpenSandbox): Promise<void> {
  const { kernel, firewall, names, ports, sandboxes, expected, dhcp } = parts;
  sandboxes.delete(sandbox.id);
  const plan = sandboxPlan(sandbox.id, sandbox.attachments, sandbox.ports);
  // What sits inside goes with the namespace, but not what is somebody else's.
  const outside = plan.objects.filter(({ netns, kind }) => netns === hostNetns || kind === "moved-link");
  expected.delete(outside);
  const steps: (() => unknown)[][] = [
    [() => parts.cluster.withdraw(localEndpoints(parts, sandbox.attachments))],
    // While there is a link to say so on.
    sandbox.attachments.map(
      ({ endpoint }) =>
        () =>
          dhcp.release(endpoint.id),
    ),
    [() => forget(parts, sandbox)],
    [() => plan.elements.length > 0 && firewall.change({ add: [], remove: plan.elements })],
    [() => ports.release(sandbox.ports)],
    [
      () => flushFlows(parts, sandbox.ports, sandbox.attachments),
      () => kernel.remove(outside),
      () => kernel.sandboxes.remove(sandbox.id),
      () => names.withdraw(sandbox.attachments.map(({ endpoint }) => endpoint.id)),
      () => names.close(sandbox.id),
    ],
    [() => lowerNetworks(parts, sandbox.id, sandbox.attachments)],
  ];
  const failures = await goThrough(steps);
  if (failures.length > 0) throw new AggregateError(failures, `Cannot remove all of sandbox ${sandbox.id}`);
}

/** Asked only now: an endpoint may have been removed meanwhile, with its container. */
function forget({ state }: Parts, { attachments }: OpenSandbox): void {
  const forgotten = forgetLeases(attachments.flatMap(({ endpoint }) => state.endpoints.get(endpoint.id) ?? []));
  if (forgotten.length > 0) state.commit(forgotten, "process");
}
