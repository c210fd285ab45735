import { readFileSync } from "node:fs";

type Environment = Readonly<Record<string, string | undefined>>;

/** "A=1" as it is; "A" takes the client's value, and stays "A" for the daemon to leave out when there is none. */
export function resolveVariable(variable: string, environment: Environment): string {
  if (variable === "" || variable.startsWith("=")) throw new Error(`invalid environment variable: ${variable}`);
  if (variable.includes("=")) return variable;
  const value = environment[variable];
  return value === undefined ? variable : `${variable}=${value}`;
}

/** Variables of --env-file files, then those of --env. A name without a value anywhere is dropped from files only. */
export function readEnvironment(
  files: readonly string[],
  variables: readonly string[],
  environment: Environment,
): string[] {
  const fromFiles = files.flatMap((path) =>
    lines(path).flatMap(({ text, where }) => {
      if (/^\s|\s=|^[^=]*\s/.test(text))
        throw new Error(`poorly formatted environment: variable '${text}' contains whitespaces, at ${where}`);
      const resolved = resolveVariable(text, environment);
      return resolved.includes("=") ? [resolved] : [];
    }),
  );
  return [...fromFiles, ...variables.map((variable) => resolveVariable(variable, environment))];
}

/** Labels of --label-file files, then those of --label; the last of a key wins. */
export function readLabels(files: readonly string[], labels: readonly string[]): Record<string, string> {
  const all = [...files.flatMap((path) => lines(path).map(({ text }) => text)), ...labels];
  return Object.fromEntries(
    all.map((label) => {
      const equals = label.indexOf("=");
      return equals < 0 ? [label, ""] : [label.slice(0, equals), label.slice(equals + 1)];
    }),
  );
}

/** Lines with something on them that are no comment. */
function lines(path: string): { text: string; where: string }[] {
  return readFileSync(path, "utf8")
    .split(/\r?\n/)
    .map((line, index) => ({ text: line.trimStart(), where: `${path}:${index + 1}` }))
    .filter(({ text }) => text !== "" && !text.startsWith("#"));
}
