import type { RemoteChange } from "../contracts/cluster.ts";
import type { ClusterStore, News } from "../contracts/cluster-store.ts";
import { isEncrypted, type Network } from "../model/network.ts";
import { keys } from "./keys.ts";
import type { HostRecord } from "./records.ts";
import { type HostFacts, Remotes } from "./remotes.ts";

export interface UsedParts {
  readonly store: ClusterStore;
  readonly hosts: HostFacts;
  /** This host's id. */
  readonly self: string;
  readonly tell: (networkId: string, change: RemoteChange) => void;
  readonly onUnreadable: (error: unknown) => void;
}

interface Used {
  readonly remotes: Remotes;
  readonly end: AbortController;
  readonly heard: Promise<void>;
}

/** Networks of which this host follows the endpoints, because it has some itself. */
export class UsedNetworks {
  readonly #parts: UsedParts;
  readonly #used = new Map<string, Used>();

  constructor(parts: UsedParts) {
    this.#parts = parts;
  }

  get ids(): Iterable<string> {
    return this.#used.keys();
  }

  get(networkId: string): Remotes | undefined {
    return this.#used.get(networkId)?.remotes;
  }

  /** Begins to follow it; resolves with the first news, be it that the store is away. */
  use(network: Network): Promise<void> {
    const known = this.#used.get(network.id);
    if (known) return known.heard;
    const remotes = this.#remotesOf(network);
    const end = new AbortController();
    const { promise: heard, resolve } = Promise.withResolvers<void>();
    const take = (news: News) => {
      if (end.signal.aborted) return;
      this.#pass(network.id, remotes.take(news));
      resolve();
    };
    this.#used.set(network.id, { remotes, end, heard });
    end.signal.addEventListener("abort", () => resolve(), { once: true });
    this.#parts.store.follow(keys.endpointsOf(network.id), take, end.signal);
    return heard;
  }

  #remotesOf(network: Network): Remotes {
    const { self, hosts, onUnreadable } = this.#parts;
    const encrypted = isEncrypted(network);
    const vtepOf = (host: HostRecord) => (encrypted ? (host.tunnel?.address ?? "") : host.vtep);
    return new Remotes({ self, hosts, vtepOf, onUnreadable });
  }

  leave(networkId: string): void {
    this.#used.get(networkId)?.end.abort();
    this.#used.delete(networkId);
  }

  /** Hosts came, went or changed: what is behind them follows. */
  review(hostIds: Iterable<string>): void {
    for (const [id, { remotes }] of this.#used) this.#pass(id, remotes.review(hostIds));
  }

  #pass(networkId: string, change: RemoteChange | undefined): void {
    if (change) this.#parts.tell(networkId, change);
  }
}
