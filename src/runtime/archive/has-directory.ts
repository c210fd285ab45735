import { lstatSync, type Stats } from "node:fs";
import { join } from "node:path";

/**
 * Whether layers, the topmost first, have a directory whose path leads over no link, so that nothing has to be mounted to
 * find out. Each layer is gone down only where it has directories itself: its links may lead out of it. That an upper layer
 * hides what a lower one has is not looked at: who needs the directory makes it when it is missing all the same. False when
 * in doubt.
 */
export function hasDirectory(layers: readonly string[], path: string): boolean {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) return false;
  let places = layers;
  for (const name of names) {
    const found = places.map((place) => join(place, name)).map((place) => ({ place, entry: entryAt(place) }));
    if (!found.find(({ entry }) => entry)?.entry?.isDirectory()) return false;
    places = found.filter(({ entry }) => entry?.isDirectory()).map(({ place }) => place);
  }
  return true;
}

function entryAt(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch (error) {
    const { code = "" } = error as NodeJS.ErrnoException;
    if (!["ENOENT", "ENAMETOOLONG"].includes(code)) throw error;
    return undefined;
  }
}
