import type { Rollback } from "../../base/rollback.ts";
import type { Upstream } from "../../contracts/names.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import { announceOnLan } from "../endpoints/announce.ts";
import { flushFlows, move } from "../endpoints/move.ts";
import type { OpenSandbox } from "../endpoints/open-sandboxes.ts";
import { nameRecord, resolverConfig } from "../endpoints/records.ts";
import { followNetworks, type PortChange } from "../endpoints/reserve-ports.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";
import { sandboxPlan } from "../plan/sandbox-plan.ts";

export interface Readdressed {
  readonly change: PortChange;
  /** What cannot be undone: for after the commit point. */
  readonly finish: () => Promise<void>;
}

/**
 * Gives endpoints of an open sandbox other addresses: in the kernel, in DNS, for published ports. Under the locks of the
 * container and its networks, behind the gate; the store is the caller's. On failure everything is as before.
 */
export async function readdress(
  parts: Parts,
  place: {
    sandbox: OpenSandbox;
    container: Container;
    endpoints: readonly Endpoint[];
    /** Attachments that come with the change. */
    added?: readonly Attachment[];
    upstreams: readonly Upstream[];
  },
  rollback: Rollback,
): Promise<Readdressed> {
  const { sandbox, container, endpoints, added = [], upstreams } = place;
  const { attachments: before, ports: portsBefore } = sandbox;
  const byId = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
  const kept = before.map((each) => ({ ...each, endpoint: byId.get(each.endpoint.id) ?? each.endpoint }));
  const after = [...kept, ...added];
  const change = followNetworks(parts, sandbox, after, container);
  const { ports } = change;
  rollback.onFailure("reserved ports", () => parts.ports.release(change.added));
  const plans = { before: sandboxPlan(sandbox.id, before, portsBefore), after: sandboxPlan(sandbox.id, after, ports) };
  const removeOld = move(parts, plans, rollback);
  const moved = after.filter(({ endpoint: { ipv4, ipv6, plugged } }, index) => {
    const old = before[index]?.endpoint;
    return old?.ipv4 !== ipv4 || old?.ipv6 !== ipv6 || old?.plugged?.link !== plugged?.link;
  });
  Object.assign(sandbox, { attachments: after, ports });
  announceOnLan(parts, sandbox, moved);
  rollback.onFailure("attachments", () => Object.assign(sandbox, { attachments: before, ports: portsBefore }));
  await tellNames(parts, sandbox, { before, upstreams, changed: byId }, rollback);
  const finish = async () => {
    parts.ports.release(change.gone);
    await flushFlows(parts, change.rerouted, before);
    await removeOld();
  };
  return { change, finish };
}

async function tellNames(
  { names }: Parts,
  sandbox: OpenSandbox,
  how: { before: OpenSandbox["attachments"]; upstreams: readonly Upstream[]; changed: ReadonlyMap<string, Endpoint> },
  rollback: Rollback,
): Promise<void> {
  const { before, upstreams, changed } = how;
  const records = (attachments: OpenSandbox["attachments"]) =>
    attachments.filter(({ endpoint }) => changed.has(endpoint.id)).map(nameRecord);
  rollback.onFailure("names", () => names.publish(records(before)));
  rollback.onFailure("resolver", () => names.update(resolverConfig(sandbox.id, before, upstreams)));
  await Promise.all([
    names.publish(records(sandbox.attachments)),
    names.update(resolverConfig(sandbox.id, sandbox.attachments, upstreams)),
  ]);
}
