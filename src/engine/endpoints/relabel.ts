import type { Endpoint } from "../../model/endpoint.ts";
import type { Parts } from "../parts.ts";
import { sandboxPlan } from "../plan/sandbox-plan.ts";
import { transition } from "../plan/transition.ts";
import { localEndpoints } from "../shared/local-endpoint.ts";
import type { OpenSandbox } from "./open-sandboxes.ts";
import { nameRecord } from "./records.ts";

/**
 * Gives the endpoints of an open sandbox their new names: in DNS, and for people in what the kernel has, where links
 * carry the container's name in their alias and ports in their comment. Behind the gate, after the commit point.
 */
export async function relabel(parts: Parts, sandbox: OpenSandbox, renamed: readonly Endpoint[]): Promise<void> {
  const { names, kernel, firewall, log } = parts;
  const before = sandboxPlan(sandbox.id, sandbox.attachments, sandbox.ports);
  replaceEndpoints(sandbox, renamed);
  await names.publish(sandbox.attachments.map(nameRecord));
  const after = sandboxPlan(sandbox.id, sandbox.attachments, sandbox.ports);
  const { add, drop } = transition(before, after);
  try {
    kernel.repair(after.objects);
  } catch (err) {
    // Its parent may be away: the container has its new name all the same.
    log.warn({ err, container: renamed[0]?.dnsNames[0] }, "cannot give all links of a container its new name");
  }
  await parts.cluster.publish(localEndpoints(parts, sandbox.attachments));
  if (add.length > 0) firewall.change({ add, remove: drop });
}

/** Lets an open sandbox see what its endpoints have become. */
export function replaceEndpoints(sandbox: OpenSandbox, changed: readonly Endpoint[]): void {
  const byId = new Map(changed.map((endpoint) => [endpoint.id, endpoint]));
  sandbox.attachments = sandbox.attachments.map((each) => ({
    ...each,
    endpoint: byId.get(each.endpoint.id) ?? each.endpoint,
  }));
}
