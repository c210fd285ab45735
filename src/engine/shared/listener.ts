import type { ClusterListener } from "../../contracts/cluster.ts";
import type { Engine } from "../engine.ts";
import type { Parts } from "../parts.ts";
import { repair } from "../reconcile/repair.ts";
import { adoptNetwork, forgetNetwork } from "./adopt.ts";
import { applyRemotes } from "./remotes.ts";

/**
 * What the cluster tells, carried out. Networks one after the other, in the order of the news; `engine`: its use cases, as
 * soon as it is put together.
 */
export function clusterListener(parts: Parts, engine: Promise<Pick<Engine, "networks">>): ClusterListener {
  const { log, events, state } = parts;
  let queue: Promise<void> = Promise.resolve();
  const inTurn = (what: string, body: () => Promise<void>) => {
    queue = queue.then(body).catch((err: unknown) => log.error({ err }, `cannot ${what}`));
  };
  const disconnect = async (networkId: string, containerId: string) =>
    (await engine).networks.disconnect(networkId, containerId, { force: true });
  const mend = async () => {
    await engine;
    await repair(parts, { dryRun: false });
  };
  return {
    onNetwork: (network) =>
      inTurn("take over a network of the cluster", async () => {
        const isOther = await adoptNetwork(parts, network);
        if (isOther && parts.inUse.has(network.id)) await mend();
      }),
    onNetworkGone: (id) => inTurn("remove a network of the cluster", () => forgetNetwork(parts, id, disconnect)),
    onRemotes: (networkId, change) => {
      applyRemotes(parts, networkId, change);
      parts.paths.see(new Set(change.put.map(({ vtep }) => vtep)));
    },
    onUnderlay: () => inTurn("cut off or connect overlays", mend),
    onHosts: () => {
      parts.tunnel.meetPeers();
      parts.nodeNews.follow();
    },
    onLost: (lost) =>
      inTurn("disconnect containers whose addresses are others' now", async () => {
        for (const { networkId, address } of lost) {
          const endpoint = state
            .endpointsOn(networkId)
            .find(({ ipv4, ipv6 }) => [ipv4, ipv6].some((own) => own?.split("/")[0] === address));
          if (!endpoint) continue;
          log.error({ address, container: endpoint.containerId }, "the address is another host's now: disconnecting");
          const { name = "", driver: type = "" } = state.networks.get(networkId) ?? {};
          const attributes = { address, container: endpoint.containerId, name, type };
          events.emit("network", "address_lost", { id: networkId, attributes });
          await disconnect(networkId, endpoint.containerId).catch((err: unknown) =>
            log.error(
              { err, address, container: endpoint.containerId },
              "cannot disconnect a container from an address that is not its own",
            ),
          );
        }
      }),
    onEvent: ({ action, attributes }) => void events.emit("cluster", action, { id: parts.cluster.hostId, attributes }),
  };
}
