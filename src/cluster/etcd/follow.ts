import { setTimeout as pause } from "node:timers/promises";
import { status } from "@grpc/grpc-js";
import type { Log } from "../../base/log.ts";
import type { News } from "../../contracts/cluster-store.ts";
import { Batches, type Event } from "./batches.ts";
import { EtcdFailure, explainStatus } from "./failure.ts";
import { entryOf, listAll } from "./list.ts";
import { endOfPrefix, eventType, type Header, methods, type WatchRequest, type WatchResponse } from "./protocol.ts";
import type { Stream, Transport } from "./transport.ts";

export interface FollowOptions {
  readonly transport: Pick<Transport, "call" | "open" | "endpoints">;
  /** What keys have before them in the store, with its slash. */
  readonly root: string;
  readonly log: Log;
  /** A watch is not trusted for longer: all is listed anew after a random time around it (see versions.ts). */
  readonly relistMs: number;
  /** After a compaction all hosts list at once: each waits a random part of this before. */
  readonly scatterMs: number;
}

/** While the store is away: never more than this until the next attempt. */
const longestPauseMs = 2_000;
/** The server confirms a watch by then, or the stream is given up. */
const confirmMs = 5_000;
/** After the follower itself failed. */
const repeatAfterMs = 1_000;

type Changes = Extract<News, { kind: "changes" }>;

/**
 * Follows a prefix: list at a revision, watch from the next one, for ever. It remembers the last revision that was told
 * and goes on from there wherever it finds a member that answers; when that revision is compacted, or the store behind
 * the address is another one, it lists anew.
 */
export class Follow {
  readonly #options: FollowOptions;
  readonly #prefix: string;
  readonly #onNews: (news: News) => void;
  readonly #signal: AbortSignal;
  /** The last revision that was told; undefined: all must be listed. */
  #position: number | undefined;
  #cluster: number | undefined;
  #away = false;
  #failures = 0;

  constructor(options: FollowOptions, prefix: string, onNews: (news: News) => void, signal: AbortSignal) {
    this.#options = options;
    this.#prefix = prefix;
    this.#onNews = onNews;
    this.#signal = signal;
  }

  /** Ends with the signal. Never rejects. */
  async run(): Promise<void> {
    while (!this.#signal.aborted) {
      try {
        await this.#session();
      } catch (error) {
        if (this.#signal.aborted) return;
        await this.#afterFailure(error);
      }
    }
  }

  /** From being heard to the end of the stream. Returns when it is time to list anew. */
  async #session(): Promise<void> {
    const fresh = this.#position === undefined;
    if (fresh) await this.#list();
    const { transport, relistMs } = this.#options;
    const stream = await transport.open(methods.watch);
    if (this.#signal.aborted) return stream.close(); // meanwhile, which its listeners are not told any more
    let relist = false;
    const close = (): void => stream.close();
    this.#signal.addEventListener("abort", close, { once: true });
    const due = setTimeout(
      () => {
        relist = true;
        stream.close();
      },
      relistMs * (0.75 + Math.random() / 2),
    ).unref();
    try {
      await this.#watch(stream, fresh);
    } catch (error) {
      if (!relist) throw error;
      this.#position = undefined;
    } finally {
      clearTimeout(due);
      this.#signal.removeEventListener("abort", close);
    }
  }

  async #list(): Promise<void> {
    const { transport, root } = this.#options;
    const { entries, header } = await listAll(transport, root, this.#prefix);
    this.#failures = 0;
    this.#away = false;
    this.#tell({ kind: "snapshot", entries, revision: header.revision });
    this.#position = header.revision;
    this.#cluster = header.cluster_id;
  }

  async #watch(stream: Stream<WatchRequest, WatchResponse>, fresh: boolean): Promise<void> {
    const { root } = this.#options;
    stream.send(request(root + this.#prefix, (this.#position ?? 0) + 1));
    const batches = new Batches();
    const unconfirmed = setTimeout(
      () => stream.fail(new EtcdFailure("away", "it does not confirm the watch")),
      confirmMs,
    );
    try {
      for await (const response of stream) {
        clearTimeout(unconfirmed);
        if (response.canceled) throw stream.fail(cancelled(response));
        if (response.created && !fresh) await this.#resume(response.header);
        this.#take(batches.add(response));
      }
    } finally {
      clearTimeout(unconfirmed);
      stream.close();
    }
  }

  /**
   * The watch stands. Whether it misses something comes out when it reaches our revision, or with these two reads
   * before anybody is told that it does not.
   */
  async #resume(header: Header): Promise<void> {
    const { transport, root } = this.#options;
    const position = this.#position ?? 0;
    const count = { key: root + this.#prefix, count_only: true };
    const now = await transport.call(methods.range, count, { repeatable: true });
    if (header.cluster_id !== this.#cluster || now.header.revision < position) throw otherStore();
    if (now.header.revision > position) {
      await transport.call(methods.range, { ...count, revision: position + 1 }, { repeatable: true });
    }
    this.#failures = 0;
    if (!this.#away) return;
    this.#away = false;
    this.#tell({ kind: "back" });
  }

  #take(events: readonly Event[]): void {
    const position = this.#position ?? 0;
    const changes = changesOf(
      events.filter(({ kv }) => kv.mod_revision > position),
      this.#options.root,
    );
    if (changes === undefined) return;
    this.#tell(changes);
    this.#position = changes.revision;
  }

  #tell(news: News): void {
    if (this.#signal.aborted) return;
    this.#onNews(news);
  }

  async #afterFailure(error: unknown): Promise<void> {
    if (!(error instanceof EtcdFailure)) return this.#afterMistake(error);
    // That all cannot be listed, time after time, is an absence too: members of different stores at our endpoints.
    if (error.kind !== "compacted" || this.#position === undefined) return this.#afterAbsence(error);
    this.#position = undefined;
    await this.#pause(Math.random() * this.#options.scatterMs);
  }

  /** The follower threw, or a mistake of ours did: it is no absence of the store. */
  async #afterMistake(err: unknown): Promise<void> {
    this.#options.log.error({ err, prefix: this.#prefix }, "News of the cluster's store were not taken: told anew");
    this.#position = undefined;
    await this.#pause(repeatAfterMs);
  }

  /** Each endpoint is tried at once before anybody is told; then with growing pauses. */
  async #afterAbsence(failure: EtcdFailure): Promise<void> {
    this.#failures += 1;
    const rounds = this.#failures - this.#options.transport.endpoints.length;
    if (rounds <= 0) return;
    if (!this.#away) this.#tellAway(failure.message);
    const longest = Math.min(50 * 2 ** rounds, longestPauseMs);
    await this.#pause(longest * (0.5 + Math.random() / 2));
  }

  #tellAway(why: string): void {
    this.#away = true;
    try {
      this.#tell({ kind: "away", why });
    } catch (err) {
      this.#options.log.error(
        { err, prefix: this.#prefix },
        "The absence of the cluster's store was not taken note of",
      );
    }
  }

  async #pause(ms: number): Promise<void> {
    await pause(ms, undefined, { signal: this.#signal }).catch(() => {}); // the loop sees the signal
  }
}

const request = (key: string, startRevision: number): WatchRequest => ({
  create_request: { key, range_end: endOfPrefix(key), start_revision: startRevision, fragment: true },
});

const otherStore = (): EtcdFailure =>
  new EtcdFailure("compacted", "the store is not the one it was: its revisions are older than what was heard of it");

function cancelled({ compact_revision, cancel_reason }: WatchResponse): EtcdFailure {
  if (compact_revision > 0) return new EtcdFailure("compacted", `revisions before ${compact_revision} are gone`);
  return explainStatus(status.UNKNOWN, cancel_reason || "it ended the watch without a reason");
}

/** What the events come to: of a key that changed more than once, the last. Undefined: nothing. */
export function changesOf(events: readonly Event[], root: string): Changes | undefined {
  const last = new Map(events.map((event) => [event.kv.key, event]));
  const revision = events.at(-1)?.kv.mod_revision;
  if (revision === undefined) return undefined;
  const kept = [...last.values()];
  return {
    kind: "changes",
    puts: kept.filter(({ type }) => type === eventType.put).map(({ kv }) => entryOf(kv, root)),
    deletes: kept.filter(({ type }) => type === eventType.delete).map(({ kv }) => kv.key.slice(root.length)),
    revision,
  };
}
