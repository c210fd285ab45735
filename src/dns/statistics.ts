import { rcodeName } from "./rcode.ts";

/** Who made an answer: memory, an upstream just now, the cache; nobody, because of a limit or because it was no question. */
export type Source = "local" | "upstream" | "cache" | "limit" | "malformed" | "internal";

/** Counts answers by source and response code. */
export class Statistics {
  readonly #counts = new Map<Source, Map<number, number>>();

  count(source: Source, rcode: number): void {
    const codes = this.#counts.get(source) ?? new Map<number, number>();
    if (codes.size === 0) this.#counts.set(source, codes);
    codes.set(rcode, (codes.get(rcode) ?? 0) + 1);
  }

  list(): { source: string; rcode: string; count: number }[] {
    return [...this.#counts].flatMap(([source, codes]) =>
      [...codes].map(([rcode, count]) => ({ source, rcode: rcodeName(rcode), count })),
    );
  }
}
