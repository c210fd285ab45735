import type { UpstreamReply } from "./upstream-reply.ts";

interface Kept {
  readonly reply: UpstreamReply;
  readonly since: number;
  readonly until: number;
  readonly size: number;
}

/** What an entry costs besides its octets: key, maps, list of TTLs. */
const OVERHEAD = 400;

/** Answers of upstreams while they last, least recently used out first, bounded in octets. */
export class Cache {
  readonly #kept = new Map<string, Kept>();
  readonly #now: () => number;
  readonly #maxOctets: number;
  #octets = 0;

  /** `now` in milliseconds, of a clock that never goes back. */
  constructor(now: () => number, maxOctets = 16 * 1024 * 1024) {
    this.#now = now;
    this.#maxOctets = maxOctets;
  }

  /** The answer, and for how many whole seconds it has been here. */
  get(key: string): { readonly reply: UpstreamReply; readonly ageSeconds: number } | undefined {
    const kept = this.#kept.get(key);
    if (!kept) return undefined;
    const now = this.#now();
    this.#remove(key, kept);
    if (now >= kept.until) return undefined;
    this.#add(key, kept); // last in the map's order: most recently used
    return { reply: kept.reply, ageSeconds: Math.floor((now - kept.since) / 1000) };
  }

  put(key: string, reply: UpstreamReply): void {
    if (reply.keepSeconds <= 0) return;
    const since = this.#now();
    const before = this.#kept.get(key);
    if (before) this.#remove(key, before);
    const size = reply.bytes.length + OVERHEAD;
    this.#add(key, { reply, since, until: since + reply.keepSeconds * 1000, size });
    while (this.#octets > this.#maxOctets) this.#dropOldest();
  }

  get octets(): number {
    return this.#octets;
  }

  #add(key: string, kept: Kept): void {
    this.#kept.set(key, kept);
    this.#octets += kept.size;
  }

  #remove(key: string, kept: Kept): void {
    this.#kept.delete(key);
    this.#octets -= kept.size;
  }

  #dropOldest(): void {
    const [oldest] = this.#kept;
    if (oldest) this.#remove(...oldest);
  }
}
