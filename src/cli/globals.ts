import { UsageError } from "./errors.ts";

export interface Globals {
  /** "" : not given. */
  readonly host: string;
  readonly version: boolean;
  readonly help: boolean;
  /** The verb and all after it. */
  readonly words: readonly string[];
}

/** Reads the options before the verb. */
export function parseGlobals(argv: readonly string[]): Globals {
  let host = "";
  for (let index = 0; index < argv.length; index++) {
    const word = argv[index] ?? "";
    const words = argv.slice(index + 1);
    const [, inline] = /^(?:--host=|-H=?)(.+)$/s.exec(word) ?? [];
    if (inline !== undefined) host = inline;
    else if (word === "-H" || word === "--host") {
      if (argv[++index] === undefined) throw new UsageError(125, `flag needs an argument: ${word}`);
      host = argv[index] ?? "";
    } else if (word === "-v" || word === "--version") return { host, version: true, help: false, words };
    else if (word === "--help" || word === "help") return { host, version: false, help: true, words };
    else if (!["-D", "--debug"].includes(word)) {
      if (word.startsWith("-"))
        throw new UsageError(125, `unknown flag: ${word}\n\nRun 'fairlead --help' for more information`);
      return { host, version: false, help: false, words: argv.slice(index) };
    }
  }
  return { host, version: false, help: true, words: [] };
}
