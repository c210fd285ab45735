import type { NameRecord, ResolverConfig, Upstream } from "../../contracts/names.ts";
import { parseLink } from "../../model/link.ts";
import type { Attachment } from "../plan/attachment.ts";
import { gatewayOrder } from "../plan/gateway-order.ts";

const bare = (address: string | undefined) => address?.split("/")[0];

/** What DNS answers for an endpoint while its sandbox is open. */
export function nameRecord({ endpoint }: Pick<Attachment, "endpoint">): NameRecord {
  const [ipv4, ipv6] = [bare(endpoint.ipv4), bare(endpoint.ipv6)];
  return {
    endpointId: endpoint.id,
    networkId: endpoint.networkId,
    names: endpoint.dnsNames,
    ...(ipv4 ? { ipv4 } : {}),
    ...(ipv6 ? { ipv6 } : {}),
  };
}

/** What a sandbox's resolver sees: its networks in gateway order, its links, and whether it may ask outside. */
export function resolverConfig(
  sandboxId: string,
  attachments: readonly Attachment[],
  upstreams: readonly Upstream[],
): ResolverConfig {
  return {
    sandboxId,
    networks: gatewayOrder(attachments).map(({ network: { id, name, pools } }) => ({
      id,
      name,
      subnets: pools.map(({ subnet }) => subnet),
    })),
    upstreams,
    links: Object.fromEntries(attachments.flatMap(({ endpoint }) => endpoint.settings.links.map(linkEntry))),
    forward: attachments.some(({ network }) => !network.internal),
  };
}

function linkEntry(text: string): [alias: string, container: string] {
  const { reference, alias } = parseLink(text);
  return [alias, reference];
}
