import { EngineError } from "../../base/errors.ts";
import { KernelError } from "../../base/kernel-error.ts";
import { Rollback } from "../../base/rollback.ts";
import type { Plan } from "../../contracts/driver.ts";
import type { Upstream } from "../../contracts/names.ts";
import type { Container } from "../../model/container.ts";
import type { Endpoint } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";
import type { Parts } from "../parts.ts";
import { sandboxPlan } from "../plan/sandbox-plan.ts";
import { lowerNetworks } from "../shared/in-use.ts";
import { localEndpoints } from "../shared/local-endpoint.ts";
import type { StateChange } from "../state.ts";
import { goThrough } from "./go-through.ts";
import { flushFlows, move } from "./move.ts";
import type { OpenSandbox } from "./open-sandboxes.ts";
import { partLinks } from "./parted-links.ts";
import { resolverConfig } from "./records.ts";
import { releaseEndpoint } from "./reserve.ts";
import { followNetworks, portsRecord } from "./reserve-ports.ts";

/** Takes a container off a network, live if its sandbox is open. Under the locks of container and network. */
export async function disconnectContainer(
  parts: Parts,
  place: { network: Network; container: Container; upstreams: readonly Upstream[] },
): Promise<Endpoint> {
  const { network, container, upstreams } = place;
  const endpoint = parts.state.endpointsOf(container.id).find(({ networkId }) => networkId === network.id);
  if (!endpoint) throw new EngineError("NOT_CONNECTED", { container: container.name, network: network.name });
  if (container.config.networkMode.kind === "host") {
    throw new EngineError("NETWORK_REFUSED", {
      network: network.name,
      why: "container cannot be disconnected from host network or connected to host network",
    });
  }
  const sandbox = parts.sandboxes.get(container.id);
  const left = partLinks(container, network, endpoint.settings);
  const changes = [
    { delete: "endpoint", id: endpoint.id } as const,
    ...(left === container ? [] : [{ put: "container", id: left.id, value: left } as const]),
  ];
  const live = { sandbox, container: left, endpoint, upstreams, changes };
  const failures = sandbox ? await detachLive(parts, { ...live, sandbox }) : [];
  if (!sandbox) parts.state.commit(changes);
  releaseEndpoint(parts, endpoint);
  if (failures.length > 0) {
    const what = `what ${container.name} had of network ${network.name}`;
    throw new AggregateError(failures, `Cannot remove all of ${what}; "fairlead repair" finishes it`);
  }
  return endpoint;
}

/**
 * Other networks take the default route over before this one's link goes; the address is free only after that. Returns
 * what failed after the commit point, where there is no way back: the endpoint is gone from the store.
 */
async function detachLive(
  parts: Parts,
  place: {
    sandbox: OpenSandbox;
    container: Container;
    endpoint: Endpoint;
    upstreams: readonly Upstream[];
    changes: readonly StateChange[];
  },
): Promise<unknown[]> {
  const { sandbox, container, endpoint, upstreams } = place;
  const { names, state } = parts;
  const { attachments } = sandbox;
  const left = sandbox.attachments.filter((each) => each.endpoint.id !== endpoint.id);
  const leaving = sandbox.attachments.filter((each) => each.endpoint.id === endpoint.id);
  const change = followNetworks(parts, sandbox, left, container);
  const { ports, gone, rerouted } = change;
  const before = sandboxPlan(sandbox.id, sandbox.attachments, sandbox.ports);
  await using rollback = new Rollback();
  const plans = { before, after: sandboxPlan(sandbox.id, left, ports) };
  const finish = await moveOff(parts, plans, container.name, rollback);
  state.commit([...place.changes, ...portsRecord(container, change)]);
  rollback.commit();
  Object.assign(sandbox, { attachments: left, ports });
  parts.ports.release(gone);
  const steps: (() => unknown)[][] = [
    [() => parts.dhcp.release(endpoint.id)], // while there is a link to say so on
    [
      () => flushFlows(parts, rerouted, attachments),
      finish,
      () => names.withdraw([endpoint.id]),
      () => parts.cluster.withdraw(localEndpoints(parts, leaving)),
      // The resolver stays, on no network, so that it is there again at the next connect.
      () => names.update(resolverConfig(sandbox.id, left, upstreams)),
    ],
    [() => lowerNetworks(parts, sandbox.id, leaving)],
  ];
  return goThrough(steps);
}

/**
 * As move(). Where the way out cannot be given to another network, a link that somebody has set down, the container goes
 * without it, as with Docker: what it wants to be rid of is no hostage of the rest.
 */
async function moveOff(
  parts: Parts,
  { before, after }: { before: Plan; after: Plan },
  container: string,
  rollback: Rollback,
): Promise<() => Promise<void>> {
  const attempt = new Rollback();
  rollback.onFailure("the way to another network", () => attempt[Symbol.asyncDispose]());
  try {
    return move(parts, { before, after }, attempt);
  } catch (err) {
    if (!(err instanceof KernelError)) throw err;
    await attempt[Symbol.asyncDispose]();
    parts.log.warn({ err, container }, "cannot give a container another default route; it goes without");
    const present = new Set(before.objects.map((object) => JSON.stringify(object)));
    const objects = after.objects.filter((object) => present.has(JSON.stringify(object)));
    return move(parts, { before, after: { ...after, objects } }, attempt);
  }
}
