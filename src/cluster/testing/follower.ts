import assert from "node:assert/strict";
import type { ClusterStore, Entry, News } from "../../contracts/cluster-store.ts";

/** Follows a prefix, applies the news to a copy, and checks on the way what the contract promises of them. */
export class Follower implements Disposable {
  readonly model = new Map<string, Entry>();
  readonly news: News[] = [];
  readonly #ended = new AbortController();
  /** First promise that the news broke; every until() fails with it. */
  #broken: unknown;
  #revision = 0;
  #waiting: (() => void)[] = [];

  constructor(store: ClusterStore, prefix: string) {
    store.follow(prefix, (news) => this.#take(prefix, news), this.#ended.signal);
  }

  get kinds(): string[] {
    return this.news.map(({ kind }) => kind);
  }

  /** Resolves as soon as `holds` does, which is asked after each news. */
  async until(holds: (follower: this) => boolean): Promise<void> {
    for (;;) {
      if (this.#broken !== undefined) throw this.#broken;
      if (holds(this)) return;
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  /** Resolves when the key has the value; undefined: when it is not there. */
  untilValue(key: string, value: string | undefined): Promise<void> {
    return this.until(({ model, news }) => news.length > 0 && model.get(key)?.value === value);
  }

  /** Resolves with the next snapshot after those there are. */
  async untilSnapshot(): Promise<void> {
    const { length } = this.news;
    await this.until(({ kinds }) => kinds.includes("snapshot", length));
  }

  values(): Record<string, string> {
    return Object.fromEntries([...this.model].map(([key, { value }]) => [key, value]));
  }

  [Symbol.dispose](): void {
    this.#ended.abort();
  }

  #take(prefix: string, news: News): void {
    try {
      assert.equal(this.#ended.signal.aborted, false, "news after the end");
      this.#check(prefix, news);
    } catch (error) {
      this.#broken ??= error;
    }
    this.news.push(news);
    this.#apply(news);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  #check(prefix: string, news: News): void {
    if (this.news.length === 0) assert.match(news.kind, /^(snapshot|away)$/, "the first news");
    if (news.kind === "back") assert.equal(this.news.at(-1)?.kind, "away", "back from where?");
    if (news.kind === "away") assert.notEqual(this.news.at(-1)?.kind, "away", "away twice");
    if (news.kind !== "snapshot" && news.kind !== "changes") return;
    const puts = news.kind === "snapshot" ? news.entries : news.puts;
    const deletes = news.kind === "snapshot" ? [] : news.deletes;
    const keys = [...puts.map(({ key }) => key), ...deletes];
    assert.equal(new Set(keys).size, keys.length, "a key twice in one news");
    for (const key of keys) assert.ok(key.startsWith(prefix), `${key} is not below ${prefix}`);
    for (const { key, revision } of puts) assert.ok(revision <= news.revision, `${key} is newer than its news`);
    if (news.kind === "changes") this.#checkChanges(news);
  }

  #checkChanges({ puts, deletes, revision }: Extract<News, { kind: "changes" }>): void {
    assert.ok(puts.length + deletes.length > 0, "changes that change nothing");
    assert.ok(revision > this.#revision, `revision ${revision} after ${this.#revision}`);
    for (const put of puts) assert.ok(put.revision > this.#revision, `${put.key} was told before`);
  }

  #apply(news: News): void {
    if (news.kind !== "snapshot" && news.kind !== "changes") return;
    if (news.kind === "snapshot") this.model.clear();
    for (const entry of news.kind === "snapshot" ? news.entries : news.puts) this.model.set(entry.key, entry);
    for (const key of news.kind === "snapshot" ? [] : news.deletes) this.model.delete(key);
    this.#revision = news.revision;
  }
}
