import { EngineError } from "../../base/errors.ts";
import { Rollback } from "../../base/rollback.ts";
import type { PortMapping, PortRequest } from "../../model/port.ts";
import type { Parts } from "../parts.ts";
import { sandboxPlan } from "../plan/sandbox-plan.ts";
import { flushFlows, move } from "./move.ts";
import type { OpenSandbox } from "./open-sandboxes.ts";
import { reservePorts, whyUnpublished } from "./reserve-ports.ts";

/** Publishes more ports of an open sandbox: all or nothing. `commit` writes the store and is the commit point. */
export async function publishPorts(
  parts: Parts,
  place: { sandbox: OpenSandbox; name: string; requests: readonly PortRequest[] },
  commit: (ports: readonly PortMapping[]) => void,
): Promise<PortMapping[]> {
  const { sandbox, name, requests } = place;
  await using rollback = new Rollback();
  const added = reservePorts(parts, { name, attachments: sandbox.attachments, requests });
  rollback.onFailure("reserved ports", () => parts.ports.release(added));
  if (added.length === 0) {
    throw new EngineError("CONTAINER_REFUSED", {
      container: name,
      why: `ports cannot be published: ${whyUnpublished(sandbox.attachments)}`,
    });
  }
  await changePorts(parts, sandbox, [...sandbox.ports, ...added], commit, rollback);
  rollback.commit();
  await flushFlows(parts, added, sandbox.attachments);
  return added;
}

/** Takes published ports of an open sandbox away. */
export async function withdrawPorts(
  parts: Parts,
  place: { sandbox: OpenSandbox; gone: readonly PortMapping[] },
  commit: (ports: readonly PortMapping[]) => void,
): Promise<void> {
  const { sandbox, gone } = place;
  await using rollback = new Rollback();
  const left = sandbox.ports.filter((port) => !gone.includes(port));
  await changePorts(parts, sandbox, left, commit, rollback);
  rollback.commit();
  parts.ports.release(gone);
  await flushFlows(parts, gone, sandbox.attachments);
}

async function changePorts(
  parts: Parts,
  sandbox: OpenSandbox,
  ports: readonly PortMapping[],
  commit: (ports: readonly PortMapping[]) => void,
  rollback: Rollback,
): Promise<void> {
  const plan = (list: readonly PortMapping[]) => sandboxPlan(sandbox.id, sandbox.attachments, list);
  const finish = move(parts, { before: plan(sandbox.ports), after: plan(ports) }, rollback);
  commit([...ports]);
  sandbox.ports = ports;
  await finish();
}
