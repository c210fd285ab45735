import { invalid } from "../base/errors.ts";

/** A flag, as Docker reads it (Go's strconv.ParseBool). Throws INVALID naming the option. */
export function flag(option: string, text: string | undefined, byDefault: boolean): boolean {
  if (text === undefined || text === "") return byDefault;
  if (["1", "t", "T", "true", "TRUE", "True"].includes(text)) return true;
  if (["0", "f", "F", "false", "FALSE", "False"].includes(text)) return false;
  throw invalid(`option "${option}"`, `"${text}" is neither true nor false`);
}

/** One of several words, the first unless said otherwise. Throws INVALID naming the option and its words. */
export function oneOf<W extends string>(option: string, text: string | undefined, words: readonly [W, ...W[]]): W {
  if (text === undefined || text === "") return words[0];
  const word = words.find((each) => each === text);
  if (word) return word;
  throw invalid(`option "${option}"`, `"${text}" is not offered; use ${words.join(", ")}`);
}
