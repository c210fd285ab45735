import { invalid } from "../../base/errors.ts";

/** Grammar of image names: lower-case parts between slashes, a host with an optional port before the first. */
const part = "[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*";
const host = "[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?(?::[0-9]+)?";
const grammar = new RegExp(`^((?:${host}/)?${part}(?:/${part})*)(?::([A-Za-z0-9_][A-Za-z0-9._-]{0,127}))?$`);
const longestName = 255;

/** Brings "name" and "name:tag" to "name:tag", with the tag "latest" unless given; throws INVALID for anything else. */
export function parseReference(text: string): string {
  const [, name, tag = "latest"] = grammar.exec(text) ?? [];
  if (name === undefined || name.length > longestName) {
    throw invalid("reference format", `"${text}" must be NAME or NAME:TAG, the name in lower case`);
  }
  return `${name}:${tag}`;
}
