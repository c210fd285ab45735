import { EngineError } from "../../base/errors.ts";
import { Rollback } from "../../base/rollback.ts";
import type { Upstream } from "../../contracts/names.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint, EndpointSettings } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";
import type { Parts } from "../parts.ts";
import type { Attachment } from "../plan/attachment.ts";
import { sandboxPlan } from "../plan/sandbox-plan.ts";
import type { Prepared } from "../plugins/remote-addresses.ts";
import { raiseNetworks } from "../shared/in-use.ts";
import { publishShared } from "../shared/local-endpoint.ts";
import { announceOnBridges, announceOnLan } from "./announce.ts";
import { attachmentOf } from "./attachments.ts";
import { avoidDuplicates } from "./duplicates.ts";
import { flushFlows, move } from "./move.ts";
import type { OpenSandbox } from "./open-sandboxes.ts";
import { rejoinLinks } from "./parted-links.ts";
import { nameRecord, resolverConfig } from "./records.ts";
import { reserveEndpoint } from "./reserve.ts";
import { followNetworks, portsRecord } from "./reserve-ports.ts";
import { refuseConfiguration } from "./settings.ts";

export interface ConnectPlace {
  readonly network: Network;
  readonly container: Container;
  readonly settings: EndpointSettings;
  readonly upstreams: readonly Upstream[];
  /** What an IPAM plugin gave it already. */
  readonly prepared?: Prepared | undefined;
  readonly leg?: boolean;
}

/**
 * Joins a container to a network, live if its sandbox is open. Under the locks of container and network. On failure the
 * host is left as it was found.
 */
export async function connectContainer(parts: Parts, place: ConnectPlace): Promise<Endpoint> {
  const { network, prepared, leg } = place;
  const { container, settings } = rejoinLinks(place.container, network, place.settings);
  refuseConfiguration(network);
  refuseMode(parts, container, network);
  await using rollback = new Rollback();
  const beside = parts.state.endpointsOf(container.id);
  const wanted = { network, container, settings, beside, prepared, leg, connected: true };
  const reserved = await reserveEndpoint(parts, wanted, rollback);
  const sandbox = parts.sandboxes.get(container.id);
  const endpoint = sandbox
    ? await avoidDuplicates(parts, { network, container, endpoint: reserved }, rollback)
    : reserved;
  const attachment = attachmentOf(parts, endpoint);
  const live =
    sandbox && attachment.driver.addressed ? await attachLive(parts, sandbox, attachment, place, rollback) : undefined;
  // A removed network of this name meant the one it joins now, or nothing any more.
  const gone = beside.filter(({ removedNetwork }) => removedNetwork === network.name);
  parts.state.commit([
    ...gone.map(({ id }) => ({ delete: "endpoint", id }) as const),
    { put: "endpoint", id: endpoint.id, value: endpoint },
    ...(container === place.container ? [] : [{ put: "container", id: container.id, value: container } as const]),
    ...(live ? portsRecord(container, live.change) : []),
  ]);
  rollback.commit();
  await live?.finish();
  return endpoint;
}

/** Attaches to an open sandbox; returns what becomes of its ports, and what is to be done after the commit point. */
async function attachLive(
  parts: Parts,
  sandbox: OpenSandbox,
  attachment: Attachment,
  place: ConnectPlace,
  rollback: Rollback,
) {
  const { attachments: before, ports: portsBefore } = sandbox;
  const after = [...before, attachment];
  const change = followNetworks(parts, sandbox, after, place.container);
  const { ports } = change;
  rollback.onFailure("reserved ports", () => parts.ports.release(change.added));
  await raiseNetworks(parts, sandbox.id, [attachment], rollback);
  const plans = { before: sandboxPlan(sandbox.id, before, portsBefore), after: sandboxPlan(sandbox.id, after, ports) };
  // Begun: the DNS thread works while this one makes links.
  const shown = showNames(
    parts,
    sandbox.id,
    { record: attachment, before, after, upstreams: place.upstreams },
    rollback,
  );
  shown.catch(() => {}); // awaited below, unless something else fails first
  announceOnBridges(parts, [attachment]);
  const removeOld = move(parts, plans, rollback);
  Object.assign(sandbox, { attachments: after, ports });
  rollback.onFailure("attachments", () => Object.assign(sandbox, { attachments: before, ports: portsBefore }));
  const resolver = await shown;
  if (resolver) parts.firewall.redirectDns(sandbox.id, resolver);
  await publishShared(parts, [attachment], rollback);
  const finish = async () => {
    parts.ports.release(change.gone);
    announceOnLan(parts, sandbox, [attachment]);
    await flushFlows(parts, change.rerouted, before);
    await removeOld();
  };
  return { change, finish };
}

/** The sandbox's resolver where it had none before. */
async function showNames(
  { names }: Parts,
  sandboxId: string,
  change: {
    record: Attachment;
    before: readonly Attachment[];
    after: readonly Attachment[];
    upstreams: readonly Upstream[];
  },
  rollback: Rollback,
): Promise<Awaited<ReturnType<Parts["names"]["open"]>> | undefined> {
  const { record, before, after, upstreams } = change;
  rollback.onFailure("names", () => names.withdraw([record.endpoint.id]));
  const publish = () => names.publish([nameRecord(record)]);
  const config = resolverConfig(sandboxId, after, upstreams);
  if (before.length > 0) {
    rollback.onFailure("resolver", () => names.update(resolverConfig(sandboxId, before, upstreams)));
    await Promise.all([publish(), names.update(config)]);
    return undefined;
  }
  rollback.onFailure("resolver", () => names.close(sandboxId));
  const [resolver] = await Promise.all([names.open(config), publish()]);
  return resolver;
}

/** Docker's refusals: only a container with a network stack of its own can join networks. */
function refuseMode({ state }: Pick<Parts, "state">, container: Container, network: Network): void {
  const refuse = (why: string) => new EngineError("NETWORK_REFUSED", { network: network.name, why });
  const { kind } = container.config.networkMode;
  if (kind === "host" || network.driver === "host") {
    throw refuse("container cannot be disconnected from host network or connected to host network");
  }
  if (kind === "container")
    throw refuse(
      "container sharing network namespace with another container or host cannot be connected to any other network",
    );
  // Who has left none, or is on no network, may join any.
  const present = state.endpointsOf(container.id);
  const onNone = present.some(({ networkId }) => state.networks.get(networkId)?.driver === "null");
  if (onNone || (network.driver === "null" && present.length > 0)) {
    throw refuse("container cannot be connected to multiple networks with one of the networks in private (none) mode");
  }
}
