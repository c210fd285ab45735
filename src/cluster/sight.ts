import { EngineError } from "../base/errors.ts";
import type { SurveyedHost } from "../contracts/cluster.ts";
import type { ClusterStore, Entry, News } from "../contracts/cluster-store.ts";
import type { HostsView } from "./hosts-view.ts";
import { keys, leaf } from "./keys.ts";
import type { Member } from "./member.ts";
import { read, type SeenRecord } from "./records.ts";

/** A host says how far it has followed this often at most, and only when that has changed. */
const tellAfterMs = 15_000;

/** What every host follows: the newest revision below these is one that every host is to see. */
const followedByAll = [keys.hosts, keys.live, keys.networks, keys.wishes];

interface SightParts {
  readonly store: ClusterStore;
  readonly member: Pick<Member, "self" | "lease" | "condition">;
  readonly hosts: HostsView;
  readonly connected: () => boolean;
  readonly onUnreadable: (error: unknown) => void;
}

/**
 * How far hosts have followed the store. Each writes its own, leased; whoever wants to know lists them. Revisions of what
 * only some follow (endpoints, slots) or nobody (this) do not count: a host that is not told of them is not behind.
 */
export class Sight {
  readonly #parts: SightParts;
  #seen = 0;
  #told: { readonly revision: number; readonly lease: string; readonly at: number } | undefined;
  #telling = false;

  constructor(parts: SightParts) {
    this.#parts = parts;
  }

  /** The last revision that this host has followed. */
  get seen(): number {
    return this.#seen;
  }

  /** To be called with all news of what every host follows. */
  note(news: News): void {
    if (news.kind === "snapshot" || news.kind === "changes") this.#seen = Math.max(this.#seen, news.revision);
  }

  /** Writes it down when it is due. `now`: monotonic milliseconds. Fails like the store. */
  async tell(now: number): Promise<void> {
    const { store, member } = this.#parts;
    const { lease } = member;
    const told = this.#told?.lease === lease?.id ? this.#told : undefined;
    if (!lease || this.#telling || told?.revision === this.#seen) return;
    if (told && now - told.at < tellAfterMs) return;
    const record: SeenRecord = { revision: this.#seen };
    const put = { put: keys.seenBy(member.self.id), value: JSON.stringify(record), lease };
    this.#telling = true;
    try {
      await store.txn([member.condition("tell what this host has followed")], [put]);
      // Refused: this host was taken out of the cluster. It joins again, with another lease.
      this.#told = { ...record, lease: lease.id, at: now };
    } finally {
      this.#telling = false;
    }
  }

  /** All hosts, or the one with this id, with how far they are; without that while the store is away. */
  async survey(hostId?: string): Promise<SurveyedHost[]> {
    const { hosts, connected } = this.#parts;
    const all = connected() ? await this.#survey().catch(this.#without) : hosts.all();
    return hostId === undefined ? all : all.filter(({ id }) => id === hostId);
  }

  /** The store went away meanwhile, or refuses, which the status says: what this host knows by itself. */
  #without = (error: unknown): SurveyedHost[] => {
    if (!(error instanceof EngineError)) throw error;
    return this.#parts.hosts.all();
  };

  async #survey(): Promise<SurveyedHost[]> {
    const { store, member, hosts, onUnreadable } = this.#parts;
    const lists = await Promise.all([keys.seen, ...followedByAll].map((prefix) => store.list(prefix)));
    const [told = [], ...followed] = lists.map(({ entries }) => entries);
    const seen = new Map(told.flatMap((entry) => readSeen(entry, onUnreadable)));
    seen.set(member.self.id, this.#seen);
    // A removal leaves no revision behind: whoever has seen one knows of it.
    const newest = Math.max(...seen.values(), ...followed.map(newestOf));
    return hosts.all().map((host) => {
      const revision = seen.get(host.id);
      return revision === undefined ? host : { ...host, seen: revision, lag: newest - revision };
    });
  }
}

function readSeen(entry: Entry, onUnreadable: (error: unknown) => void): [host: string, revision: number][] {
  try {
    return [[leaf(entry.key), read<SeenRecord>(entry).revision]];
  } catch (error) {
    onUnreadable(error);
    return [];
  }
}

const newestOf = (entries: readonly Entry[]): number =>
  entries.reduce((newest, { revision }) => Math.max(newest, revision), 0);
