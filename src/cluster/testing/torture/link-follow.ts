import type { News } from "../../../contracts/cluster-store.ts";
import type { Link } from "./link.ts";

/** Nothing is taken for an absence of the store before. */
const noticeMs = 3_000;

/** One follower behind a link: its news come late, but in order and without a gap that is not told. */
export class LinkFollow {
  readonly #link: Link;
  readonly #prefix: string;
  readonly #onNews: (news: News) => void;
  /** What happened while the link was cut. */
  #missed: News[] = [];
  #inner = new AbortController();
  #lastAt = 0;
  #away = false;
  #ended = false;
  #outage = 0;

  constructor(link: Link, prefix: string, onNews: (news: News) => void) {
    this.#link = link;
    this.#prefix = prefix;
    this.#onNews = onNews;
    if (link.isCut) this.cut();
    else this.#list();
  }

  end(): void {
    this.#ended = true;
    this.#inner.abort();
  }

  cut(): void {
    const { time, host, chance } = this.#link.parts;
    const outage = ++this.#outage;
    time.after(host, chance.next() * noticeMs, () => {
      if (this.#ended || this.#away || !this.#link.isCut || outage !== this.#outage) return;
      this.#away = true;
      this.#tell({ kind: "away", why: "the link is cut" });
    });
  }

  mend(): void {
    const { time, wire, chance } = this.#link.parts;
    const outage = ++this.#outage;
    time.after(wire, chance.next() * 2_000, () => {
      if (this.#link.isCut || outage !== this.#outage || this.#ended) return;
      if (this.#lastAt === 0 || chance.is(0.4)) return this.relist();
      const missed = this.#missed.splice(0);
      const whole = missed[0]?.kind === "snapshot";
      if (this.#away && !whole && (missed.length === 0 || chance.is(0.5))) this.#send({ kind: "back" });
      this.#away = false;
      for (const news of missed) this.#send(news);
    });
  }

  relist(): void {
    if (this.#link.isCut || this.#ended) return;
    this.#inner.abort();
    this.#inner = new AbortController();
    this.#missed = [];
    this.#away = false;
    this.#list();
  }

  #list(): void {
    const { time, store } = this.#link.parts;
    const { signal } = this.#inner;
    const take = (news: News) => {
      if (!signal.aborted) this.#take(news);
    };
    time.as(undefined, () => store.follow(this.#prefix, take, signal));
  }

  #take(news: News): void {
    const waits = this.#link.isCut || this.#missed.length > 0 || this.#away;
    if (!waits) this.#send(news);
    // What a snapshot says is older than what came before it only when it was asked for again.
    else if (news.kind === "changes") this.#missed.push(news);
    else if (news.kind === "snapshot") this.#missed = [news];
  }

  #send(news: News): void {
    const { time, host, chance } = this.#link.parts;
    const lag = chance.next() * Math.max(1, this.#link.weather.lagMs);
    this.#lastAt = Math.max(this.#lastAt, time.now + lag);
    time.after(host, this.#lastAt - time.now, () => this.#tell(news));
  }

  #tell(news: News): void {
    if (this.#ended) return;
    try {
      this.#onNews(news);
    } catch (error) {
      this.#link.parts.onMistake(error);
    }
  }
}
