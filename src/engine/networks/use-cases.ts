import { Rollback } from "../../base/rollback.ts";
import type { Container } from "../../model/container.ts";
import type { EndpointSettings } from "../../model/endpoint.ts";
import { isRemoteIpam, type Network } from "../../model/network.ts";
import { connectContainer } from "../endpoints/connect.ts";
import { disconnectContainer } from "../endpoints/disconnect.ts";
import { leaveRemoved } from "../endpoints/leave-removed.ts";
import type { Engine } from "../engine.ts";
import { type LeaseSide, Leasing } from "../leases/leasing.ts";
import type { Parts } from "../parts.ts";
import { createWithPlugins, wantsPlugins } from "../plugins/create-network.ts";
import { isPluggedIn, unplugAll } from "../plugins/external.ts";
import { prepareAddresses } from "../plugins/remote-addresses.ts";
import { followWayOut } from "../plugins/way-out.ts";
import { createNetwork } from "./create.ts";
import { findNetwork } from "./find.ts";
import { pruneNetworks, removeNetwork } from "./remove.ts";
import { listNetworks, viewNetwork } from "./view.ts";

/** What networks need of containers. */
export interface ContainerSide extends LeaseSide {
  find(reference: string): Container;
}

/** The use cases of networks, as the API calls them. */
export function networkUseCases(parts: Parts, containers: ContainerSide): Engine["networks"] {
  const { state, locks, events } = parts;
  const leasing = new Leasing(parts, containers);
  /** Container first, then network: the order of Parts.locks. Both are looked up again once they are held. */
  const withNetwork = async <T>(
    network: string,
    containerId: string,
    body: (network: Network, container: Container) => Promise<T>,
  ): Promise<T> => {
    const networkId = findNetwork(state, network).id;
    await using _network = await locks.hold(networkId);
    using _pass = await parts.gate.shared();
    return body(findNetwork(state, networkId), containers.find(containerId));
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
    create: async (request) => {
      if (!wantsPlugins(parts, request)) return createNetwork(parts, request);
      return { id: (await createWithPlugins(parts, request)).id, warning: "" };
    },
    inspect: (reference) => viewNetwork(parts, findNetwork(state, reference)),
    has: (name) => state.networkNamed(name) !== undefined,
    list: (filters) => listNetworks(parts, filters),
    remove: (reference) => removeNetwork(parts, reference),
    prune: (filters) => pruneNetworks(parts, filters),
    connect: async (reference, of, asked: EndpointSettings) => {
      const { id, config } = containers.find(of);
      await using rollback = new Rollback();
      await using _container = await locks.hold(id);
      const known = findNetwork(state, reference);
      const isMain = [known.name, known.id].includes(config.networkModeText);
      const settings = config.mac && isMain ? { mac: config.mac, ...asked } : asked;
      const prepared = isRemoteIpam(known)
        ? await prepareAddresses(parts, { network: known, container: containers.find(id), settings }, rollback)
        : undefined;
      // Not by its name: while we waited, another network may have got it.
      const [endpoint, joined] = await withNetwork(known.id, id, async (network, container) => {
        const upstreams = containers.upstreamsOf(container);
        return [await connectContainer(parts, { network, container, settings, upstreams, prepared }), network];
      });
      rollback.commit();
      await leasing.acquireLive(containers.find(id), endpoint.id);
      if (isPluggedIn(parts, id)) await followWayOut(parts, { containerId: id, withNetwork, containers });
      containers.updateFiles(containers.find(id));
      tell("connect", joined, containers.find(id));
    },
    disconnect: async (reference, of) => {
      if (await fromRemoved(reference, of)) return;
      const { id } = containers.find(of);
      await using _container = await locks.hold(id);
      const plugged = state.endpointsOf(id).filter((endpoint) => endpoint.plugged);
      try {
        await withNetwork(reference, id, async (network, container) => {
          await disconnectContainer(parts, { network, container, upstreams: containers.upstreamsOf(container) });
          containers.updateFiles(container);
          tell("disconnect", network, container);
        });
      } finally {
        const left = plugged.filter((endpoint) => !state.endpoints.has(endpoint.id));
        if (left.length > 0) await unplugAll(parts, left);
      }
      if (isPluggedIn(parts, id)) await followWayOut(parts, { containerId: id, withNetwork, containers });
    },
  };
}
