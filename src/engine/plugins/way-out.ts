import type { Container } from "../../model/container.ts";
import type { Network } from "../../model/network.ts";
import { connectContainer } from "../endpoints/connect.ts";
import { disconnectContainer } from "../endpoints/disconnect.ts";
import type { LeaseSide } from "../leases/leasing.ts";
import type { Parts } from "../parts.ts";
import { followGateway } from "./external.ts";
import { isLeg, legNetworkOf, legSettings, needsLeg } from "./leg.ts";

interface Place {
  readonly containerId: string;
  /** Holds the network while something is done to it. */
  readonly withNetwork: (
    network: string,
    containerId: string,
    body: (network: Network, container: Container) => Promise<unknown>,
  ) => Promise<unknown>;
  readonly containers: Pick<LeaseSide, "upstreamsOf">;
}

/**
 * Networks have come or gone beside those of plugins on an open sandbox: a leg is needed, or no more, and the plugins are told
 * which of them leads outside. Under the container's lock.
 */
export async function followWayOut(parts: Parts, { containerId, withNetwork, containers }: Place): Promise<void> {
  const attachments = parts.sandboxes.get(containerId)?.attachments ?? [];
  const leg = attachments.find(({ endpoint }) => isLeg(endpoint));
  const needed = needsLeg(attachments);
  if (needed && !leg) {
    await withNetwork((await legNetworkOf(parts)).id, containerId, async (network, container) => {
      const upstreams = containers.upstreamsOf(container);
      await connectContainer(parts, { network, container, settings: legSettings, upstreams, leg: true });
    });
  } else if (leg && !needed) {
    await withNetwork(leg.network.id, containerId, (network, container) =>
      disconnectContainer(parts, { network, container, upstreams: containers.upstreamsOf(container) }),
    );
  }
  await followGateway(parts, containerId);
}
