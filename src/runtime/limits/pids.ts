import { globSync } from "node:fs";
import { join } from "node:path";
import { type ContainerCgroup, folderOf } from "./container-cgroup.ts";
import { textOf } from "./read-file.ts";

/** Processes in a container's control group and those below it, as this pid namespace numbers them. */
export function pidsIn(cgroup: ContainerCgroup): number[] {
  // Every version 1 hierarchy has all processes; of these one is always there, since containers are devices-limited.
  const folder = folderOf(cgroup, "devices");
  if (folder === undefined) return [];
  const lists = [folder, ...globSync("**/", { cwd: folder }).map((below) => join(folder, below))];
  const pids = lists.flatMap((path) => (textOf(join(path, "cgroup.procs")) ?? "").split("\n"));
  return [...new Set(pids.map(Number).filter((pid) => pid > 0))].sort((left, right) => left - right);
}
