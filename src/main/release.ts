import { readFileSync } from "node:fs";

/** The release, from package.json beside the sources. */
export function releaseVersion(): string {
  return JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version;
}
