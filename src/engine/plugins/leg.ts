import { EngineError } from "../../base/errors.ts";
import type { Rollback } from "../../base/rollback.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint, EndpointSettings } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";
import { attachmentOf } from "../endpoints/attachments.ts";
import type { OpenSandbox } from "../endpoints/open-sandboxes.ts";
import { releaseEndpoint, reserveEndpoint } from "../endpoints/reserve.ts";
import type { NetworkRequest } from "../engine.ts";
import { createNetwork } from "../networks/create.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";
import { electGateway } from "../plan/gateway-order.ts";

/**
 * Docker's bridge network for the way out of containers whose plugins offer none and do not object (Join without gateways
 * and without DisableGatewayService). Made when it is first needed; its members do not reach each other.
 */
const legNetwork: NetworkRequest = {
  ...{ name: "docker_gwbridge", driver: "bridge", internal: false, attachable: false, ipv4: true, ipv6: false },
  ...{ ipamDriver: "default", ipamOptions: {}, pools: [], labels: {}, configOnly: false },
  // Not its bridge's name: Docker's own may be on the same host.
  options: {
    "com.docker.network.bridge.enable_icc": "false",
    "com.docker.network.bridge.enable_ip_masquerade": "true",
  },
};

/** Any other network of the container comes first. */
export const legSettings: EndpointSettings = {
  ...{ linkLocal: [], aliases: [], links: [], driverOptions: {} },
  gwPriority: -(2 ** 31),
};

export const isLeg = ({ leg }: Pick<Endpoint, "leg">): boolean => leg === true;

/** Whether a sandbox with these attachments has no way out but a leg. */
export function needsLeg(attachments: readonly Attachment[]): boolean {
  const own = attachments.filter(({ endpoint }) => !isLeg(endpoint));
  const wants = ({ network, endpoint }: Attachment) => endpoint.plugged?.gatewayService === true && !network.internal;
  return own.some(wants) && !electGateway(own, 4) && !electGateway(own, 6);
}

/** The network of legs; made unless it is there. Takes the lock of the list of networks. */
export async function legNetworkOf(parts: Parts): Promise<Network> {
  const known = () => parts.state.networkNamed(legNetwork.name);
  if (!known()) {
    try {
      await createNetwork(parts, legNetwork);
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== "NETWORK_EXISTS") throw error;
    }
  }
  const network = known();
  if (network) return network;
  throw new EngineError("NETWORK_NOT_FOUND", { network: legNetwork.name });
}

/** A leg for a sandbox that is being opened, if its attachments, as they will be, need one; nothing of it is stored yet. */
export async function reserveLeg(
  parts: Parts,
  place: { container: Container; sandbox: OpenSandbox; endpoints: readonly Endpoint[] },
  rollback: Rollback,
): Promise<Attachment | undefined> {
  const { container, sandbox, endpoints } = place;
  const byId = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
  const after = sandbox.attachments.map((each) => ({ ...each, endpoint: byId.get(each.endpoint.id) ?? each.endpoint }));
  if (!needsLeg(after)) return undefined;
  const network = await legNetworkOf(parts);
  await using _lock = await parts.locks.hold(network.id);
  const beside = after.map(({ endpoint }) => endpoint);
  const reserving = { network, container, settings: legSettings, beside, leg: true };
  return attachmentOf(parts, await reserveEndpoint(parts, reserving, rollback));
}

/** Legs go with the sandbox. */
export function dropLegs(parts: Parts, containerId: string): void {
  const legs = parts.state.endpointsOf(containerId).filter(isLeg);
  if (legs.length === 0) return;
  parts.state.commit(
    legs.map(({ id }) => ({ delete: "endpoint", id }) as const),
    "process",
  );
  for (const leg of legs) releaseEndpoint(parts, leg);
}
