const yes = ["1", "t", "T", "true", "TRUE", "True"];
const no = ["0", "f", "F", "false", "FALSE", "False"];

/** Every word that stands for true or false. */
export const flagWords: readonly string[] = [...yes, ...no];

/** Reads true and false as Docker does, by Go's strconv.ParseBool; undefined: it is neither. */
export function parseFlag(text: string): boolean | undefined {
  if (yes.includes(text)) return true;
  return no.includes(text) ? false : undefined;
}
