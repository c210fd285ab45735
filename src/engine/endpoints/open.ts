import type { Rollback } from "../../base/rollback.ts";
import type { Upstream } from "../../contracts/names.ts";
import type { Container } from "../../model/container.ts";
import type { PortMapping, PortRequest } from "../../model/port.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";
import { electGateway } from "../plan/gateway-order.ts";
import { sandboxPlan } from "../plan/sandbox-plan.ts";
import { attachmentsOf } from "./attachments.ts";
import { flushFlows, move, nothing } from "./move.ts";
import type { OpenSandbox } from "./open-sandboxes.ts";
import { nameRecord, resolverConfig } from "./records.ts";

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
  await move(parts, { before: nothing, after: sandboxPlan(container.id, attachments, mappings) }, rollback)();
  if (attachments.length > 0) await openNames(parts, container.id, attachments, upstreams, rollback);
  flushFlows(parts, mappings);
  const sandbox = { id: container.id, members: new Set([container.id]), attachments, ports: mappings };
  sandboxes.add(sandbox);
  rollback.onFailure("open sandbox", () => sandboxes.delete(container.id));
  return sandbox;
}

async function openNames(
  parts: Parts,
  sandboxId: string,
  attachments: readonly Attachment[],
  upstreams: readonly Upstream[],
  rollback: Rollback,
): Promise<void> {
  const { names, firewall } = parts;
  const records = attachments.map(nameRecord);
  rollback.onFailure("names", () => names.withdraw(records.map(({ endpointId }) => endpointId)));
  rollback.onFailure("resolver", () => names.close(sandboxId));
  const [resolver] = await Promise.all([
    names.open(resolverConfig(sandboxId, attachments, upstreams)),
    names.publish(records),
  ]);
  firewall.redirectDns(sandboxId, resolver);
}

/** Ports asked for, and with -P the exposed ones that have no mapping of their own, on ephemeral host ports. */
export function wantedPorts({ config }: Container): PortRequest[] {
  const { publish, publishAll, exposed } = config;
  if (!publishAll) return [...publish];
  const mapped = new Set(publish.map(({ protocol, containerPort }) => `${containerPort}/${protocol}`));
  const rest = exposed.filter(({ protocol, port }) => !mapped.has(`${port}/${protocol}`));
  return [
    ...publish,
    ...rest.map(({ protocol, port }) => ({ protocol, containerPort: port, hostIp: "", hostPort: 0, hostPortEnd: 0 })),
  ];
}

/** Reserves host ports in the families that lead to the container; an internal-only container publishes nothing, as in Docker. */
export function reservePorts(
  { ports, defaults, log }: Pick<Parts, "ports" | "defaults" | "log">,
  place: { name: string; attachments: readonly Attachment[]; requests: readonly PortRequest[] },
): PortMapping[] {
  const { name, attachments, requests } = place;
  if (requests.length === 0) return [];
  const families = ([4, 6] as const).filter((family) => electGateway(attachments, family));
  if (families.length === 0) {
    log.warn(
      { container: name, ports: requests.length },
      "ports are not published: none of the container's networks leads outside",
    );
    return [];
  }
  const option = electGateway(attachments, 4)?.attachment.network.options[
    "com.docker.network.bridge.host_binding_ipv4"
  ];
  const bind = option && option !== "0.0.0.0" ? option : defaults.bindAddress;
  const bound = requests.map((request) => (request.hostIp === "" && bind ? { ...request, hostIp: bind } : request));
  return ports.reserve(bound, { owner: `container ${name}`, families });
}
