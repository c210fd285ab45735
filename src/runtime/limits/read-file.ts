import { readFileSync } from "node:fs";

/** Text of a file of a control group; undefined when it is not there, which is also the case once the group is gone. */
export function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // EOPNOTSUPP: a file that this kernel shows and does not fill, such as statistics of a scheduler that is not used.
    if (code === "ENOENT" || code === "ENODEV" || code === "ENOTDIR" || code === "EOPNOTSUPP") return undefined;
    throw cause;
  }
}

/** A number; "max" and a missing file are undefined. */
export function numberIn(path: string): number | undefined {
  const text = textOf(path);
  return text === undefined || !/^-?\d+$/.test(text) ? undefined : Number(text);
}

/** Lines "name value". */
export function tableIn(path: string): Record<string, number> {
  const lines = (textOf(path) ?? "").split("\n").map((line) => line.split(" "));
  return Object.fromEntries(
    lines.filter(([, value]) => value !== undefined).map(([name, value]) => [name, Number(value)]),
  );
}
