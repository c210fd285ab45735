import { Rollback } from "../../base/rollback.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";
import { electGateway, electPublisher } from "../plan/gateway-order.ts";
import { wantedPorts } from "../wanted-ports.ts";
import { endpointClaim, tellExternal } from "./plugging.ts";

type ExternalParts = Pick<Parts, "plugins" | "claims" | "kernel" | "state">;

/** Attachments of plugins that are told another thing than they know of the way to the outside. */
function misinformed(attachments: readonly Attachment[]): { attachment: Attachment; external: boolean }[] {
  const ways = ([4, 6] as const).map((family) => electGateway(attachments, family)?.attachment);
  return attachments.flatMap((attachment) => {
    const external = ways.includes(attachment);
    const known = attachment.endpoint.plugged?.external;
    return known === undefined || known === external ? [] : [{ attachment, external }];
  });
}

/** Ports that a plugin is to publish: none where a network of ours does. */
const portsFor = (container: Container, attachments: readonly Attachment[]) =>
  ([4, 6] as const).some((family) => electPublisher(attachments, family)) ? [] : wantedPorts(container);

/**
 * Tells plugins of a sandbox, as it will be, which of them leads outside (ProgramExternalConnectivity and its opposite).
 * Returns the endpoints that changed by it, not stored yet. Undone, plugins that had a part before are told as before.
 */
export async function programExternal(
  parts: ExternalParts,
  container: Container,
  attachments: readonly Attachment[],
  rollback: Rollback,
): Promise<Endpoint[]> {
  const requests = portsFor(container, attachments);
  const changed: Endpoint[] = [];
  // Who leads outside no more gives the ports back before another gets them.
  const inOrder = misinformed(attachments).sort((a, b) => Number(a.external) - Number(b.external));
  for (const { attachment, external } of inOrder) {
    rollback.onFailure(`way to the outside through ${attachment.network.name}`, async () => {
      const known = parts.state.endpoints.get(attachment.endpoint.id)?.plugged?.external;
      if (known === !external) await tellExternal(parts, container, attachment, { external: known, requests });
    });
    changed.push(await tellExternal(parts, container, attachment, { external, requests }));
  }
  return changed;
}

/** Whether a plugin has a part in an open sandbox, or had one just now, of which a leg is left. */
export const isPluggedIn = ({ sandboxes }: Pick<Parts, "sandboxes">, containerId: string): boolean =>
  sandboxes.get(containerId)?.attachments.some(({ endpoint }) => endpoint.plugged !== undefined || endpoint.leg) ??
  false;

/** After networks came or went on an open sandbox: the way out may be another. What fails is logged; the change has been made. */
export async function followGateway(parts: Parts, containerId: string): Promise<void> {
  const sandbox = parts.sandboxes.get(containerId);
  const container = parts.state.containers.get(containerId);
  if (!sandbox || !container || misinformed(sandbox.attachments).length === 0) return;
  try {
    const changed = await programExternal(parts, container, sandbox.attachments, new Rollback());
    const byId = new Map(changed.map((endpoint) => [endpoint.id, endpoint]));
    parts.state.commit(
      changed.map((value) => ({ put: "endpoint", id: value.id, value }) as const),
      "process",
    );
    sandbox.attachments = sandbox.attachments.map((each) => ({
      ...each,
      endpoint: byId.get(each.endpoint.id) ?? each.endpoint,
    }));
  } catch (err) {
    parts.log.error(
      { err, container: container.name },
      "a plugin was not told that the container's way out has changed",
    );
  }
}

/** Gives a container's endpoints back to their plugins, when nothing of them is in its sandbox any more. */
export const unplugAll = async ({ claims }: Pick<Parts, "claims">, endpoints: readonly Endpoint[]): Promise<void> =>
  claims.giveBack(...endpoints.map(({ id }) => endpointClaim(id)));
