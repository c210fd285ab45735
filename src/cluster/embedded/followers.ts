import type { Log } from "../../base/log.ts";
import type { Entry, News } from "../../contracts/cluster-store.ts";

interface Follower {
  readonly prefix: string;
  readonly onNews: (news: News) => void;
  readonly signal: AbortSignal;
}

/** A follower whose onNews() failed is told all anew after this time. */
const repeatAfterMs = 1_000;

/** Who follows the embedded store. News come in order, and never from inside the call that makes them. */
export class Followers {
  readonly #log: Log;
  readonly #snapshot: (prefix: string) => { entries: readonly Entry[]; revision: number };
  readonly #all = new Set<Follower>();
  #closed = false;

  constructor(log: Log, snapshot: (prefix: string) => { entries: readonly Entry[]; revision: number }) {
    this.#log = log;
    this.#snapshot = snapshot;
  }

  add(prefix: string, onNews: (news: News) => void, signal: AbortSignal): void {
    const follower = { prefix, onNews, signal };
    signal.addEventListener("abort", () => this.#all.delete(follower), { once: true });
    this.#start(follower);
  }

  tell(puts: readonly Entry[], deletes: readonly string[], revision: number): void {
    for (const follower of this.#all) {
      const below = {
        puts: puts.filter(({ key }) => key.startsWith(follower.prefix)),
        deletes: deletes.filter((key) => key.startsWith(follower.prefix)),
      };
      if (below.puts.length + below.deletes.length > 0) this.#send(follower, { kind: "changes", ...below, revision });
    }
  }

  close(): void {
    this.#closed = true;
    this.#all.clear();
  }

  #start(follower: Follower): void {
    if (this.#closed || follower.signal.aborted) return;
    this.#all.add(follower);
    this.#send(follower, { kind: "snapshot", ...this.#snapshot(follower.prefix) });
  }

  #send(follower: Follower, news: News): void {
    queueMicrotask(() => {
      if (!this.#all.has(follower)) return;
      try {
        follower.onNews(news);
      } catch (err) {
        this.#log.error({ err, prefix: follower.prefix }, "News of the cluster's store were not taken: told anew");
        this.#all.delete(follower);
        setTimeout(() => this.#start(follower), repeatAfterMs).unref();
      }
    });
  }
}
