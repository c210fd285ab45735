import { invalid } from "../../base/errors.ts";

/** A piece of a word: escaped, quoted, a variable, or as it is. */
const piece = /\\(.)|"((?:[^"\\]|\\.)*)"|'([^']*)'|(\$\{[^}]*\}|\$\w+)/gs;
const inQuotes = /\\(["\\$])|(\$\{[^}]*\}|\$\w+)/gs;

/** Words between blanks, with quotes, backslashes and variables of `env` as in a Dockerfile. */
export function words(text: string, env: readonly string[] = []): string[] {
  const found = text.match(/(?:\$\{[^}]*\}|[^\s"'\\]|\\.|"(?:[^"\\]|\\.)*"|'[^']*')+/gs) ?? [];
  return found.map((word) => unquoted(word, env));
}

/** One word that may have blanks. */
export const unquoted = (word: string, env: readonly string[]): string =>
  word.replace(piece, (_all, escaped, double, single, variable) => {
    if (variable !== undefined) return expanded(variable, env);
    if (double === undefined) return escaped ?? single;
    return String(double).replace(inQuotes, (_one, inner, name) => inner ?? expanded(name, env));
  });

/** `$NAME`, `${NAME}`, `${NAME:-what without it}`, `${NAME:+what with it}`; one that is not set is empty. */
function expanded(reference: string, env: readonly string[]): string {
  const [, name = "", operator, word = ""] = /^\$\{?(\w+)(?:(:[-+])([^}]*))?\}?$/s.exec(reference) ?? [];
  if (name === "") throw invalid("change", `"${reference}" is no variable such as $NAME or \${NAME:-default}`);
  if (word.includes("${"))
    throw invalid(
      "change",
      `"${reference}" has a variable within braces of another; a variable of its own can hold it`,
    );
  const value = env.find((one) => one.startsWith(`${name}=`))?.slice(name.length + 1) ?? "";
  if (operator === ":-") return value || unquoted(word, env);
  if (operator === ":+") return value && unquoted(word, env);
  return value;
}
