import type { Rollback } from "../../base/rollback.ts";
import type { Upstream } from "../../contracts/names.ts";
import type { Container } from "../../model/container.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";
import { sandboxPlan } from "../plan/sandbox-plan.ts";
import { raiseNetworks } from "../shared/in-use.ts";
import { publishShared } from "../shared/local-endpoint.ts";
import { wantedPorts } from "../wanted-ports.ts";
import { announceOnBridges, announceOnLan } from "./announce.ts";
import { attachmentsOf } from "./attachments.ts";
import { flushFlows, move, nothing } from "./move.ts";
import type { OpenSandbox } from "./open-sandboxes.ts";
import { nameRecord, resolverConfig } from "./records.ts";
import { reservePorts } from "./reserve-ports.ts";

/** Makes a container's own sandbox with everything in it. On failure nothing of it is left. */
export async function openSandbox(
  parts: Parts,
  container: Container,
  upstreams: readonly Upstream[],
  rollback: Rollback,
): Promise<OpenSandbox> {
  const { kernel, ports, sandboxes } = parts;
  const attachments = attachmentsOf(parts, container.id);
  const mappings = reservePorts(parts, { name: container.name, attachments, requests: wantedPorts(container) });
  rollback.onFailure("reserved ports", () => ports.release(mappings));
  kernel.sandboxes.create(container.id);
  rollback.onFailure(`sandbox ${container.id}`, () => kernel.sandboxes.remove(container.id));
  await raiseNetworks(parts, container.id, attachments, rollback);
  const resolver =
    attachments.length > 0 ? openResolver(parts, container.id, attachments, upstreams, rollback) : undefined;
  announceOnBridges(parts, attachments);
  await move(parts, { before: nothing, after: sandboxPlan(container.id, attachments, mappings) }, rollback)();
  if (resolver) await showNames(parts, container.id, attachments, resolver, rollback);
  await publishShared(parts, attachments, rollback);
  await flushFlows(parts, mappings, attachments);
  const sandbox = { id: container.id, members: new Set([container.id]), attachments, ports: mappings };
  sandboxes.add(sandbox);
  rollback.onFailure("open sandbox", () => sandboxes.delete(container.id));
  announceOnLan(parts, sandbox, attachments);
  return sandbox;
}

/** Begins it: the DNS thread works while this one makes links. */
function openResolver(
  { names }: Parts,
  sandboxId: string,
  attachments: readonly Attachment[],
  upstreams: readonly Upstream[],
  rollback: Rollback,
): ReturnType<Parts["names"]["open"]> {
  rollback.onFailure("resolver", () => names.close(sandboxId));
  const resolver = names.open(resolverConfig(sandboxId, attachments, upstreams));
  resolver.catch(() => {}); // awaited when the links are made; if they cannot be, that is what is reported
  return resolver;
}

async function showNames(
  { names, firewall }: Parts,
  sandboxId: string,
  attachments: readonly Attachment[],
  resolver: ReturnType<Parts["names"]["open"]>,
  rollback: Rollback,
): Promise<void> {
  const records = attachments.map(nameRecord);
  rollback.onFailure("names", () => names.withdraw(records.map(({ endpointId }) => endpointId)));
  const published = names.publish(records);
  published.catch(() => {}); // awaited below, unless something else fails first
  firewall.redirectDns(sandboxId, await resolver);
  await published;
}
