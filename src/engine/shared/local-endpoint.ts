import type { Rollback } from "../../base/rollback.ts";
import type { LocalEndpoint } from "../../contracts/cluster.ts";
import { isShared } from "../../model/network.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";

const bare = (address: string | undefined) => address?.split("/")[0];

/** Tells the other hosts of these attachments; does not wait for a store that is away. */
export async function publishShared(
  parts: Pick<Parts, "state" | "cluster">,
  attachments: readonly Attachment[],
  rollback: Rollback,
): Promise<void> {
  const endpoints = localEndpoints(parts, attachments);
  if (endpoints.length === 0) return;
  rollback.onFailure("published endpoints", () => parts.cluster.withdraw(endpoints));
  await parts.cluster.publish(endpoints);
}

/** What the other hosts get to know of these attachments: those to networks of the cluster. */
export function localEndpoints({ state }: Pick<Parts, "state">, attachments: readonly Attachment[]): LocalEndpoint[] {
  return attachments
    .filter(({ network }) => isShared(network))
    .map(({ endpoint }) => {
      const [ipv4, ipv6] = [bare(endpoint.ipv4), bare(endpoint.ipv6)];
      return {
        networkId: endpoint.networkId,
        endpointId: endpoint.id,
        containerId: endpoint.containerId,
        container: state.containers.get(endpoint.containerId)?.name ?? endpoint.containerId,
        names: endpoint.dnsNames,
        mac: endpoint.mac ?? "",
        ...(ipv4 ? { ipv4 } : {}),
        ...(ipv6 ? { ipv6 } : {}),
      };
    });
}
