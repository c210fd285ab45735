import type { Log } from "../base/log.ts";
import type { ClusterStore } from "../contracts/cluster-store.ts";
import type { HostsView } from "./hosts-view.ts";
import { keys } from "./keys.ts";
import { reclaimHost } from "./reclaim.ts";

/** Takes hosts that were silent for the whole grace out of the cluster, each once at a time. */
export class Reclaimer {
  readonly #parts: {
    readonly store: ClusterStore;
    readonly hosts: HostsView;
    readonly self: string;
    readonly log: Log;
  };
  readonly #leaving = new Set<string>();

  /** `self`: this host's id, which is never taken out. */
  constructor(parts: { store: ClusterStore; hosts: HostsView; self: string; log: Log }) {
    this.#parts = parts;
  }

  async reclaim({ id, name }: { readonly id: string; readonly name: string }): Promise<void> {
    const { store, hosts, self, log } = this.#parts;
    const revision = hosts.entry(id)?.revision;
    if (revision === undefined || id === self || this.#leaving.has(id)) return;
    this.#leaving.add(id);
    try {
      // This process may have stood still itself, and what it heard last be as old as the grace.
      if (await store.get(keys.liveOf(id))) return;
      log.warn({ host: name, id }, "a host was silent for the whole grace: it is taken out of the cluster");
      await reclaimHost(store, id, revision);
    } catch (err) {
      log.warn({ err, host: name }, "cannot take it out yet");
    } finally {
      this.#leaving.delete(id);
    }
  }
}
