import type { Log } from "../base/log.ts";
import type { ClusterStore } from "../contracts/cluster-store.ts";
import { type AbsentHost, AbsentHosts } from "./absent-hosts.ts";
import type { HostsView } from "./hosts-view.ts";
import { reclaimHost } from "./reclaim.ts";

interface SilenceParts {
  readonly store: ClusterStore;
  readonly hosts: HostsView;
  readonly hostId: string;
  readonly graceMs: number;
  /** Between two calls of tick(), when all is well. */
  readonly tickMs: number;
  readonly log: Log;
}

/** Whoever missed so many ticks has stood still. */
const mostTicksMissed = 5;

/** Watches hosts that are silent, and takes them out when the whole grace is over. */
export class Silence {
  readonly #parts: SilenceParts;
  readonly #absent: AbsentHosts;
  /** Being taken out at this moment. */
  readonly #leaving = new Set<string>();
  #tickedAt = performance.now();

  constructor(parts: SilenceParts) {
    this.#parts = parts;
    this.#absent = new AbsentHosts(parts.graceMs);
  }

  /** To be called when hosts came, went or changed. */
  note(): void {
    const { hosts } = this.#parts;
    const absent = hosts.unknown().map(({ id }) => ({ id, revision: hosts.entry(id)?.revision ?? 0 }));
    this.#absent.note(absent, performance.now());
  }

  /** The store was away: what happened meanwhile is not known. */
  forget = (): void => this.#absent.forget();

  /** To be called all the time, `heard`: while the store is. A process that stood still hears only now of what it missed. */
  tick(heard: boolean): void {
    const now = performance.now();
    if (now - this.#tickedAt > this.#parts.tickMs * mostTicksMissed) {
      this.forget();
      this.note();
    }
    this.#tickedAt = now;
    if (heard) for (const host of this.#absent.overdue(now)) void this.#reclaim(host);
  }

  async #reclaim({ id, revision }: AbsentHost): Promise<void> {
    const { store, hosts, hostId, log } = this.#parts;
    if (id === hostId || this.#leaving.has(id)) return;
    this.#leaving.add(id);
    const host = hosts.nameOf(id);
    log.warn({ host, id }, "a host was silent for the whole grace: it is taken out of the cluster");
    // That it does not live is compared, too: this process may have stood still itself.
    await reclaimHost(store, id, revision).catch((err: unknown) => log.warn({ err, host }, "cannot take it out yet"));
    this.#leaving.delete(id);
  }
}
