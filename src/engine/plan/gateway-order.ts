import { type Gateways, onLink } from "../../contracts/driver.ts";
import { isLeased } from "../../model/network.ts";
import type { Attachment } from "./attachment.ts";

/**
 * Docker's order of a container's networks: gateway priority (highest first), non-internal before internal, more
 * families with a gateway first, then network name in byte order. The first that has a gateway of a family gets that
 * family's default route; DNS asks the networks in the same order.
 */
export function gatewayOrder(attachments: readonly Attachment[]): Attachment[] {
  return [...attachments].sort(
    (a, b) =>
      b.endpoint.settings.gwPriority - a.endpoint.settings.gwPriority ||
      Number(a.network.internal) - Number(b.network.internal) ||
      families(b) - families(a) ||
      Buffer.compare(Buffer.from(a.network.name), Buffer.from(b.network.name)),
  );
}

/** The attachment that gives the default route of a family, and its gateway or onLink; undefined: no way out. */
export const electGateway = (attachments: readonly Attachment[], family: 4 | 6) =>
  elect(gatewayOrder(attachments), family);

/**
 * The attachment that published ports of a family lead to: the first with a way out of those whose driver publishes.
 * Usually that of the default route; a network that the outside reaches directly has nothing to publish.
 */
export const electPublisher = (attachments: readonly Attachment[], family: 4 | 6) =>
  elect(
    gatewayOrder(attachments).filter(({ driver }) => driver.publishes),
    family,
  );

/** Families in which published ports are opened at the container's own address, and none of the host's is taken. */
export const routedFamilies = (attachments: readonly Attachment[]): (4 | 6)[] =>
  ([4, 6] as const).filter((family) => {
    const publisher = electPublisher(attachments, family)?.attachment;
    return publisher?.driver.routedFamilies?.(publisher.network).includes(family) ?? false;
  });

/** Attachments beside that one whose network is routed in a family: published ports are opened at their addresses, too. */
export const routedBeside = (attachments: readonly Attachment[], family: 4 | 6) => {
  const publisher = electPublisher(attachments, family)?.attachment;
  return gatewayOrder(attachments)
    .filter((each) => each !== publisher && each.driver.publishes)
    .filter(({ driver, network }) => driver.routedFamilies?.(network).includes(family))
    .flatMap((each) => elect([each], family) ?? []);
};

/** What a route through it names: nothing for one that is on the link. */
export const through = (gateway: string) => (gateway === onLink ? {} : { gateway });

function elect(inOrder: readonly Attachment[], family: 4 | 6) {
  for (const attachment of inOrder) {
    const { endpoint } = attachment;
    const gateway = gatewaysOf(attachment)[family === 4 ? "ipv4" : "ipv6"];
    const address = family === 4 ? endpoint.ipv4 : endpoint.ipv6;
    if (gateway && address) return { attachment, gateway, address: address.split("/")[0] ?? "" };
  }
  return undefined;
}

const families = (attachment: Attachment) => Object.keys(gatewaysOf(attachment)).length;

/** As the driver says, by the pools; where addresses are lent, as their lender says. */
function gatewaysOf({ driver, network, endpoint }: Attachment): Gateways {
  if (!isLeased(network)) return driver.gateways(network, endpoint);
  const [ipv4, ipv6] = [endpoint.leases?.ipv4?.router, endpoint.leases?.ipv6?.router];
  return { ...(ipv4 ? { ipv4 } : {}), ...(ipv6 ? { ipv6 } : {}) };
}
