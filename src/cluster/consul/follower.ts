import { performance } from "node:perf_hooks";
import { setTimeout as pause } from "node:timers/promises";
import { EngineError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { News } from "../../contracts/cluster-store.ts";
import { snapshotOf, Told } from "./changes.ts";
import type { Places } from "./places.ts";
import type { Pulse } from "./pulse.ts";
import type { Listing, Reader } from "./reader.ts";

/** What followers of one store share. */
export interface Following {
  readonly reader: Reader;
  readonly pulse: Pulse;
  /** Each waiting follower has a connection of its own. */
  readonly places: Places;
  readonly log: Log;
}

/** Consul's default. */
const waitSeconds = 300;
/** Between two attempts to hear an absent store. */
const backOffMs = { first: 50, last: 2_000 };
/** Before a follower that failed is told all anew. */
const repeatAfterMs = 1_000;
/** A follower whose prefix is large and busy pauses as long as the last listing took it, but not longer. */
const longestPauseMs = 1_000;

/** The follower threw: a mistake in it, and nothing of the store's. */
class NotTaken extends Error {}

/**
 * Tells what changes below a prefix, until its signal aborts. Consul sends the whole prefix at every change: what has
 * changed is found by comparing with what was told last, so that nothing is missed however long it was away.
 */
export class PrefixFollower {
  readonly #following: Following;
  readonly #prefix: string;
  readonly #onNews: (news: News) => void;
  readonly #signal: AbortSignal;
  #told: Told | undefined;
  #away = false;

  constructor(following: Following, prefix: string, onNews: (news: News) => void, signal: AbortSignal) {
    this.#following = following;
    this.#prefix = prefix;
    this.#onNews = onNews;
    this.#signal = signal;
  }

  /** Never rejects. */
  async run(): Promise<void> {
    for (let backOff = backOffMs.first; !this.#signal.aborted; ) {
      try {
        let listing = await this.#following.reader.list(this.#prefix, this.#signal);
        for (;;) {
          await this.#take(listing);
          backOff = backOffMs.first;
          listing = await this.#wait(listing);
        }
      } catch (error) {
        if (this.#signal.aborted) return;
        const ms = this.#fail(error) ?? backOff * (0.5 + Math.random());
        backOff = Math.min(backOffMs.last, backOff * 2);
        await pause(Math.min(backOffMs.last, ms), undefined, { signal: this.#signal }).catch(() => {}); // aborted: the loop ends
      }
    }
  }

  async #wait({ index, headAt }: Listing): Promise<Listing> {
    const cost = Math.min(longestPauseMs, performance.now() - headAt);
    await pause(cost, undefined, { signal: this.#signal });
    for (;;) {
      const { reader, pulse, places } = this.#following;
      using place = await places.take();
      const until = AbortSignal.any([this.#signal, place.leave]);
      try {
        return await pulse.during(until, (signal) =>
          reader.wait(this.#prefix, { index, seconds: waitSeconds }, signal),
        );
      } catch (error) {
        this.#signal.throwIfAborted();
        if (!place.leave.aborted) throw error; // otherwise others had to have their turn
      }
    }
  }

  async #take(listing: Listing): Promise<void> {
    const news = this.#told ? this.#told.news(listing) : snapshotOf(listing);
    // Consul leaves out what the token may not read (any more), which must not look like deleted.
    if (this.#told?.lacks(listing)) await this.#following.reader.checkReadable(this.#prefix, this.#signal);
    this.#signal.throwIfAborted();
    if (this.#away && news?.kind !== "snapshot") this.#tell({ kind: "back" });
    this.#away = false;
    if (!news) return;
    this.#tell(news);
    this.#told = new Told(listing);
  }

  /** Returns after how many milliseconds to go on, if that is certain. */
  #fail(error: unknown): number | undefined {
    try {
      if (error instanceof NotTaken) throw error;
      if (!(error instanceof EngineError)) this.#logMistake(error);
      if (this.#away) return undefined;
      this.#away = true;
      this.#tell({ kind: "away", why: reasonOf(error) });
      return undefined;
    } catch (mistake) {
      const { cause: err } = mistake as NotTaken;
      this.#following.log.error({ err, prefix: this.#prefix }, "News of the cluster's store were not taken: told anew");
      this.#told = undefined;
      this.#away = false;
      return repeatAfterMs;
    }
  }

  /** Of ours: whoever follows is told that nothing is heard, and people why. */
  #logMistake(err: unknown): void {
    this.#following.log.error({ err, prefix: this.#prefix }, "The cluster's store cannot be followed: tried again");
  }

  #tell(news: News): void {
    try {
      this.#onNews(news);
    } catch (cause) {
      throw new NotTaken("news were not taken", { cause });
    }
  }
}

const reasonOf = (error: unknown): string =>
  error instanceof EngineError ? ((error.data as { why?: string }).why ?? error.message) : String(error);
