import type { ClusterHost } from "../contracts/cluster.ts";
import type { Entry, News } from "../contracts/cluster-store.ts";
import { keys, leaf } from "./keys.ts";
import { type HostRecord, type LiveRecord, read } from "./records.ts";

/** Of the known ids, those that are not there any more. */
function goneOf(news: Extract<News, { revision: number }>, known: readonly string[], prefix: string): string[] {
  if (news.kind === "changes") return news.deletes.map(leaf);
  const there = new Set(news.entries.map(({ key }) => key));
  return known.filter((id) => !there.has(prefix + id));
}

/** All hosts of the cluster as the store's news tell of them: two prefixes, followed side by side. */
export class HostsView {
  readonly #records = new Map<string, Entry & { readonly record: HostRecord }>();
  readonly #live = new Map<string, LiveRecord>();
  /** Hosts without a lease of their record's epoch: few or none, so that they need not be looked for. */
  readonly #unknown = new Set<string>();
  readonly #told = new Map<string, { readonly name: string; readonly state: string }>();
  readonly #onUnreadable: (error: unknown) => void;

  constructor(onUnreadable: (error: unknown) => void) {
    this.#onUnreadable = onUnreadable;
  }

  /** Takes news of `hosts/` in; returns the ids of those that may have changed. */
  takeHosts(news: News): Set<string> {
    return this.#take(news, keys.hosts, this.#records, (entry) => ({ ...entry, record: read<HostRecord>(entry) }));
  }

  /** The same of `live/`. */
  takeLive(news: News): Set<string> {
    return this.#take(news, keys.live, this.#live, (entry) => read<LiveRecord>(entry));
  }

  #take<T>(news: News, prefix: string, into: Map<string, T>, parse: (entry: Entry) => T): Set<string> {
    const changed = new Set<string>();
    if (news.kind !== "snapshot" && news.kind !== "changes") return changed;
    for (const id of goneOf(news, [...into.keys()], prefix)) if (into.delete(id)) changed.add(id);
    for (const entry of news.kind === "changes" ? news.puts : news.entries) {
      try {
        into.set(leaf(entry.key), parse(entry));
        changed.add(leaf(entry.key));
      } catch (error) {
        this.#onUnreadable(error);
      }
    }
    for (const id of changed) {
      if (this.#records.has(id) && !this.isLive(id)) this.#unknown.add(id);
      else this.#unknown.delete(id);
    }
    return changed;
  }

  /** Hosts that have a record and whose lease has run out. */
  unknown(): { readonly id: string; readonly name: string }[] {
    return [...this.#unknown].map((id) => ({ id, name: this.nameOf(id) }));
  }

  record(id: string): HostRecord | undefined {
    return this.#records.get(id)?.record;
  }

  entry(id: string): Entry | undefined {
    return this.#records.get(id);
  }

  isLive(id: string): boolean {
    return this.#live.get(id)?.epoch === this.#records.get(id)?.record.epoch && this.#live.has(id);
  }

  nameOf(id: string): string {
    return this.#records.get(id)?.record.name ?? id.slice(0, 12);
  }

  /** Of these, hosts that have become live, unknown or removed since the last call; silent about those it sees first. */
  turns(ids: Iterable<string>): { id: string; name: string; state: "live" | "unknown" | "removed" }[] {
    return [...ids].flatMap((id) => {
      const before = this.#told.get(id);
      const present = this.isLive(id) ? "live" : "unknown";
      const state = this.#records.has(id) ? present : "removed";
      const name = before?.name ?? this.nameOf(id);
      if (state === "removed") this.#told.delete(id);
      else this.#told.set(id, { name, state });
      return before && before.state !== state ? [{ id, name, state }] : [];
    });
  }

  /** By name. */
  all(): ClusterHost[] {
    return [...this.#records.values()]
      .map(({ record }) => this.#host(record))
      .sort((a, b) => a.name.localeCompare(b.name) || a.id.localeCompare(b.id));
  }

  #host(record: HostRecord): ClusterHost {
    const live = this.isLive(record.id) ? this.#live.get(record.id) : undefined;
    return {
      ...record,
      state: live ? "live" : "unknown",
      ...(live ? { since: live.since, version: live.version } : {}),
    };
  }
}
