import type { Log } from "../../base/log.ts";
import type { Cluster } from "../../contracts/cluster.ts";
import type { Plugins } from "../../contracts/plugins.ts";
import type { State } from "../state.ts";

interface NewsParts {
  readonly plugins: Plugins;
  readonly cluster: Pick<Cluster, "hosts" | "hostId" | "isAlone">;
  readonly state: State;
  readonly isBuiltIn: (driver: string) => boolean;
  readonly log: Log;
}

/** Docker's number for news of hosts (moby: discoverapi.NodeDiscovery). */
const nodeDiscovery = 1;

/**
 * Tells network plugins that have networks here which hosts the cluster has (DiscoverNew, DiscoverDelete), each of them what
 * is new to it. A host that is alone has none to tell of. What a plugin does not hear it is told with the next news.
 */
export class NodeNews {
  readonly #parts: NewsParts;
  /** Plugin to the addresses it knows. */
  readonly #told = new Map<string, Set<string>>();
  #queue: Promise<void> = Promise.resolve();

  constructor(parts: NewsParts) {
    this.#parts = parts;
  }

  /** Hosts or plugins' networks may have changed. Returns at once. */
  follow(): void {
    const { cluster, state, isBuiltIn } = this.#parts;
    if (cluster.isAlone) return;
    const drivers = [...state.networks.values()].filter(({ configOnly }) => !configOnly).map(({ driver }) => driver);
    for (const plugin of new Set(drivers.filter((driver) => !isBuiltIn(driver))))
      this.#queue = this.#queue.then(() => this.#tell(plugin));
  }

  async #tell(plugin: string): Promise<void> {
    const { cluster, log } = this.#parts;
    const own = cluster.hosts().find(({ id }) => id === cluster.hostId)?.vtep ?? "";
    const there = new Set(cluster.hosts().flatMap(({ vtep }) => vtep || []));
    const told = this.#told.get(plugin) ?? new Set();
    this.#told.set(plugin, told);
    const say = (verb: string, address: string) =>
      this.#parts.plugins.call(plugin, `NetworkDriver.${verb}`, {
        DiscoveryType: nodeDiscovery,
        DiscoveryData: { Address: address, self: address === own },
      });
    try {
      for (const address of [...there].filter((each) => !told.has(each))) {
        await say("DiscoverNew", address);
        told.add(address);
      }
      for (const address of [...told].filter((each) => !there.has(each))) {
        await say("DiscoverDelete", address);
        told.delete(address);
      }
    } catch (err) {
      log.warn({ err, plugin }, "a plugin was not told which hosts there are");
    }
  }
}
