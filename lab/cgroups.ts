import { globSync, rmdirSync } from "node:fs";

/**
 * Removes the cgroups of containers that ended with their host: cgroups are the one thing that namespaces do not take
 * with them. Children first; a cgroup is removed with rmdir(2) and only when nothing is in it.
 */
export function clearCgroups(containerIds: readonly string[]): void {
  for (const id of containerIds) {
    const folders = globSync(`/sys/fs/cgroup/{,*/}{,*/}*${id}*{,/**/}`);
    for (const folder of folders.sort((left, right) => right.length - left.length)) remove(folder);
  }
}

function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    // Hybrid hierarchies show one cgroup under several names.
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
