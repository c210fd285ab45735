import { readFileSync } from "node:fs";

/** The version in package.json, which stands at the root of a checkout and of an installed package. */
export function release(): string {
  const text = readFileSync(new URL("../../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}
