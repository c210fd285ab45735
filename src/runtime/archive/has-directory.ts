import { lstatSync, type Stats } from "node:fs";
import { join } from "node:path";

/**
 * Whether layers, the topmost first, have a directory whose path leads over no link, so that nothing has to be mounted to
 * find out. That an upper layer hides what a lower one has is not looked at: who needs the directory makes it when it is
 * missing all the same. False when in doubt.
 */
export function hasDirectory(layers: readonly string[], path: string): boolean {
  const names = path.split("/").filter((name) => name !== "" && name !== ".");
  if (names.includes("..")) return false;
  return names.every((_, index) => topmost(layers, names.slice(0, index + 1).join("/"))?.isDirectory() ?? false);
}

function topmost(layers: readonly string[], path: string): Stats | undefined {
  for (const layer of layers) {
    try {
      return lstatSync(join(layer, path));
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (!["ENOENT", "ENOTDIR", "ELOOP", "ENAMETOOLONG"].includes(code)) throw error;
    }
  }
  return undefined;
}
