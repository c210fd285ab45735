import { EngineError } from "../../base/errors.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";

/** An endpoint with its network and driver; throws NETWORK_REMOVED when the network has been removed meanwhile. */
export function attachmentOf({ state, drivers }: Pick<Parts, "state" | "drivers">, endpoint: Endpoint): Attachment {
  const network = state.networks.get(endpoint.networkId);
  if (!network) {
    const container = state.containers.get(endpoint.containerId)?.name ?? endpoint.containerId;
    throw new EngineError("NETWORK_REMOVED", { network: endpoint.removedNetwork ?? endpoint.networkId, container });
  }
  return { endpoint, network, driver: drivers.find(network.driver) };
}

/** All endpoints of a container that have something in the kernel, in the order they were connected. */
export function attachmentsOf(parts: Pick<Parts, "state" | "drivers">, containerId: string): Attachment[] {
  return parts.state
    .endpointsOf(containerId)
    .map((endpoint) => attachmentOf(parts, endpoint))
    .filter(({ driver }) => driver.addressed);
}
