import { isDeepStrictEqual } from "node:util";

/** Whether a text has another in it, in which "..." stands for anything. */
export function contains(text: string, wanted: string): boolean {
  let from = 0;
  for (const part of wanted.split("...")) {
    const at = text.indexOf(part, from);
    if (at < 0) return false;
    from = at + part.length;
  }
  return true;
}

/** Whether a whole text is another, in which "..." stands for anything. */
const equals = (text: string, wanted: string): boolean =>
  new RegExp(`^${wanted.split("...").map(RegExp.escape).join("[^]*")}$`).test(text);

/** Where a value is not as wanted: paths with what is there. Objects are compared by the fields wanted, lists in full. */
export function mismatches(seen: unknown, wanted: unknown, path = ""): string[] {
  if (wanted === "...") return seen === undefined ? [`${path} is not there`] : [];
  if (typeof wanted === "string" && typeof seen === "string")
    return equals(seen, wanted) ? [] : [differs(path, seen, wanted)];
  if (Array.isArray(wanted)) {
    if (!Array.isArray(seen) || seen.length !== wanted.length) return [differs(path, seen, wanted)];
    return wanted.flatMap((item, index) => mismatches(seen[index], item, `${path}[${index}]`));
  }
  if (typeof wanted !== "object" || wanted === null)
    return isDeepStrictEqual(seen, wanted) ? [] : [differs(path, seen, wanted)];
  if (typeof seen !== "object" || seen === null) return [differs(path, seen, wanted)];
  return Object.entries(wanted).flatMap(([key, item]) =>
    mismatches((seen as Record<string, unknown>)[key], item, path === "" ? key : `${path}.${key}`),
  );
}

const differs = (path: string, seen: unknown, wanted: unknown): string =>
  `${path || "body"} is ${JSON.stringify(seen) ?? "not there"}, wanted ${JSON.stringify(wanted) ?? "nothing"}`;
