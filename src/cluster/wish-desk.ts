import type { Log } from "../base/log.ts";
import type { ClusterStore, Entry, News } from "../contracts/cluster-store.ts";
import type { Addresses } from "./addresses.ts";
import { keys, leaf } from "./keys.ts";
import { read, type WishRecord } from "./records.ts";
import { dropWish } from "./wishes.ts";

interface DeskParts {
  readonly store: ClusterStore;
  readonly hostId: string;
  readonly log: Log;
  readonly addresses: Pick<Addresses, "grant">;
  /** Nothing is given away before it is certain what this host has. */
  readonly settled: () => boolean;
  /** Keys of wishes that this host waits for. */
  readonly wishing: ReadonlySet<string>;
}

/** What other hosts ask this one for: kept until it can be granted. */
export class WishDesk {
  readonly #parts: DeskParts;
  #told: Extract<News, { kind: "snapshot" | "changes" }>[] = [];

  constructor(parts: DeskParts) {
    this.#parts = parts;
  }

  take(news: News): void {
    if (news.kind !== "snapshot" && news.kind !== "changes") return;
    this.#told.push(news);
    if (this.#parts.settled()) this.grant();
  }

  /** All that has been told of. */
  grant(): void {
    const entries = this.#told.splice(0).flatMap((news) => (news.kind === "changes" ? news.puts : news.entries));
    for (const entry of entries)
      this.#grant(entry).catch((err: unknown) =>
        this.#parts.log.warn({ err }, "an address that another host asked for is kept"),
      );
  }

  /** Asynchronous, so that a wish that cannot be read is a rejection, and others are still granted. */
  async #grant(entry: Entry): Promise<void> {
    const [, networkId = "", family = "", host] = entry.key.split("/");
    if (host === this.#parts.hostId) await this.#dropStray(entry.key);
    else await this.#parts.addresses.grant(networkId, family === "6" ? 6 : 4, read<WishRecord>(entry));
  }

  /** Wishes of this host's that it does not wait for: their end was cut short. */
  async dropStrays(): Promise<void> {
    for (const { key } of (await this.#parts.store.list(keys.wishes)).entries) await this.#dropStray(key);
  }

  async #dropStray(key: string): Promise<void> {
    const { store, hostId, wishing } = this.#parts;
    if (leaf(key) === hostId && !wishing.has(key)) await dropWish(store, key);
  }
}
