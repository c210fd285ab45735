import { globSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Layout } from "../src/runtime/layout.ts";

/**
 * Removes the cgroups that a daemon's containers left when their host ended under them: cgroups are the one thing that
 * namespaces do not take with them. rmdir(2) refuses one that still has a process.
 */
export function clearCgroups(roots: { readonly dataRoot: string; readonly execRoot: string }): void {
  const { cgroupParent } = new Layout(roots.dataRoot, roots.execRoot);
  const folders = globSync(`/sys/fs/cgroup/{,*/}${cgroupParent}`).flatMap((parent) => [
    parent,
    ...globSync("**/", { cwd: parent }).map((child) => join(parent, child)),
  ]);
  for (const folder of folders.sort((left, right) => right.length - left.length)) remove(folder);
}

/** Thaws what is paused: frozen processes do not hear even SIGKILL (cgroup-v1/freezer-subsystem.rst). */
export function thawCgroups(roots: { readonly dataRoot: string; readonly execRoot: string }): void {
  const { cgroupParent } = new Layout(roots.dataRoot, roots.execRoot);
  for (const file of globSync(`/sys/fs/cgroup/{,*/}${cgroupParent}/*/freezer.state`)) writeFileSync(file, "THAWED");
}

/** Hybrid hierarchies show one cgroup under several names, so "already gone" is usual. */
function remove(folder: string): void {
  try {
    rmdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}
