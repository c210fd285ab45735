import type { Entry, News } from "../../contracts/cluster-store.ts";
import type { Listing } from "./reader.ts";

/** What a follower was told: the listing, and the revision of the last news. */
export class Told {
  readonly #entries: ReadonlyMap<string, Entry>;
  readonly #revision: number;

  constructor(listing: Listing) {
    this.#entries = new Map(listing.entries.map((entry) => [entry.key, entry]));
    this.#revision = listing.index;
  }

  /** What to tell of a newer listing; undefined when it is the same. */
  news(listing: Listing): News | undefined {
    const puts = listing.entries.filter((entry) => !this.#has(entry));
    const deletes = this.#lost(listing);
    if (puts.length + deletes.length === 0) return undefined;
    // Indexes go back when the store was restored from a copy, or made anew: what is told then is no change of what was.
    const back = listing.index <= this.#revision || puts.some(({ revision }) => revision <= this.#revision);
    return back ? snapshotOf(listing) : { kind: "changes", puts, deletes, revision: listing.index };
  }

  /** Whether keys that were told are no longer there. */
  lacks(listing: Listing): boolean {
    return this.#lost(listing).length > 0;
  }

  #lost({ entries }: Listing): string[] {
    const there = new Set(entries.map(({ key }) => key));
    return [...this.#entries.keys()].filter((key) => !there.has(key));
  }

  #has({ key, value, revision }: Entry): boolean {
    const known = this.#entries.get(key);
    return known?.revision === revision && known.value === value;
  }
}

export const snapshotOf = ({ entries, index }: Listing): News => ({ kind: "snapshot", entries, revision: index });
