import type { Upstream } from "../../contracts/names.ts";
import type { Container } from "../../model/container.ts";
import type { EndpointSettings } from "../../model/endpoint.ts";
import type { Network } from "../../model/network.ts";
import { connectContainer } from "../endpoints/connect.ts";
import { disconnectContainer } from "../endpoints/disconnect.ts";
import { leaveRemoved } from "../endpoints/leave-removed.ts";
import type { Engine } from "../engine.ts";
import type { Parts } from "../parts.ts";
import { createNetwork } from "./create.ts";
import { findNetwork } from "./find.ts";
import { pruneNetworks, removeNetwork } from "./remove.ts";
import { listNetworks, viewNetwork } from "./view.ts";

/** What networks need of containers. */
export interface ContainerSide {
  find(reference: string): Container;
  upstreamsOf(container: Container): readonly Upstream[];
  /** Rewrites /etc/hosts and the like after a change of its endpoints. */
  updateFiles(container: Container): void;
}

/** The use cases of networks, as the API calls them. */
export function networkUseCases(parts: Parts, containers: ContainerSide): Engine["networks"] {
  const { state, locks, events } = parts;
  /** Container first, then network: the order of Parts.locks. Both are looked up again once they are held. */
  const withBoth = async (
    network: string,
    container: string,
    body: (network: Network, container: Container) => Promise<void>,
  ) => {
    const { id } = containers.find(container);
    await using _container = await locks.hold(id);
    const networkId = findNetwork(state, network).id;
    await using _network = await locks.hold(networkId);
    using _pass = await parts.gate.shared();
    await body(findNetwork(state, networkId), containers.find(id));
  };
  const tell = (action: string, { id, name, driver }: Pick<Network, "id" | "name" | "driver">, container: Container) =>
    events.emit("network", action, { id, attributes: { container: container.id, name, type: driver } });
  const fromRemoved = async (reference: string, of: string): Promise<boolean> => {
    const container = containers.find(of);
    await using _container = await locks.hold(container.id);
    const left = leaveRemoved(parts, container.id, reference);
    if (left) tell("disconnect", { id: left.networkId, name: left.removedNetwork ?? "", driver: "" }, container);
    return left !== undefined;
  };

  return {
    create: async (request) => createNetwork(parts, request),
    inspect: (reference) => viewNetwork(parts, findNetwork(state, reference)),
    list: (filters) => listNetworks(parts, filters),
    remove: (reference) => removeNetwork(parts, reference),
    prune: (filters) => pruneNetworks(parts, filters),
    connect: (reference, of, settings: EndpointSettings) =>
      withBoth(reference, of, async (network, container) => {
        await connectContainer(parts, { network, container, settings, upstreams: containers.upstreamsOf(container) });
        containers.updateFiles(container);
        tell("connect", network, container);
      }),
    disconnect: async (reference, of) => {
      if (await fromRemoved(reference, of)) return;
      await withBoth(reference, of, async (network, container) => {
        await disconnectContainer(parts, { network, container, upstreams: containers.upstreamsOf(container) });
        containers.updateFiles(container);
        tell("disconnect", network, container);
      });
    },
  };
}
