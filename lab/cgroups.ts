import { globSync, rmdirSync } from "node:fs";
import { dirname } from "node:path";

/**
 * Removes the cgroups of containers that ended with their host, and the daemon's cgroup above them: cgroups are the one
 * thing that namespaces do not take with them. Children first; rmdir(2) refuses one that has anything in it.
 */
export function clearCgroups(containerIds: readonly string[]): void {
  const own = containerIds.flatMap((id) => globSync(`/sys/fs/cgroup/{,*/}{,*/}${id}{,/**/}`));
  for (const folder of own.sort((left, right) => right.length - left.length)) remove(folder, ["ENOENT"]);
  const parents = new Set(own.map(dirname).filter((folder) => /\/fairlead-[0-9a-f]+$/.test(folder)));
  for (const folder of parents) remove(folder, ["ENOENT", "EBUSY", "ENOTEMPTY"]);
}

/** Hybrid hierarchies show one cgroup under several names, so "already gone" is usual. */
function remove(folder: string, expected: readonly string[]): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if (!expected.includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
