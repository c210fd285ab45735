import type { Verb } from "./verbs.ts";

/** Every verb that a command line may name, in every spelling. */
export class VerbTable {
  readonly verbs: readonly Verb[];
  /** Every spelling of every verb. */
  readonly spellings: readonly string[];
  /** "network", "container" ...: words that begin verbs without being one, or as well as being one. */
  readonly groups: readonly string[];
  /** Groups that the overview shows as one line, and what they are about. */
  readonly folded: Readonly<Record<string, string>>;
  readonly #bySpelling: ReadonlyMap<string, Verb>;

  constructor(verbs: readonly Verb[], folded: Readonly<Record<string, string>> = {}) {
    this.verbs = verbs;
    this.folded = folded;
    this.#bySpelling = new Map(verbs.flatMap((one) => [one.name, ...one.also].map((spelling) => [spelling, one])));
    this.spellings = [...this.#bySpelling.keys()];
    const longer = this.spellings.filter((spelling) => spelling.includes(" "));
    this.groups = [...new Set(longer.map((spelling) => spelling.split(" ")[0] ?? ""))];
  }

  /** The verb that the first words name, two words before one, and the words after it. */
  find(words: readonly string[]): { verb: Verb; rest: readonly string[] } | undefined {
    for (const count of [2, 1]) {
      const found = this.#bySpelling.get(words.slice(0, count).join(" "));
      if (found && words.length >= count) return { verb: found, rest: words.slice(count) };
    }
    return undefined;
  }
}
