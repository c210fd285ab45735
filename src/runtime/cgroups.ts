import { readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";
import type { ContainerLayout } from "./layout.ts";
import { cgroupOf } from "./limits/container-cgroup.ts";
import { textOf } from "./limits/read-file.ts";

/**
 * Removes the control group that was the parent of our containers', in every hierarchy, unless containers are left in
 * it. runc removes those of the containers themselves.
 */
export function removeEmptyCgroup(name: string): void {
  for (const hierarchy of hierarchies()) removeIfEmpty(join(hierarchy, name));
}

/**
 * Whether a container's control group is frozen: by the controller of version 1 where it has one, else by version 2's
 * own file (Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst, cgroup-v2.rst).
 */
export function isFrozen(files: ContainerLayout): boolean {
  const { freezer, "": unified } = cgroupOf(files) ?? {};
  if (freezer !== undefined) return textOf(join(freezer, "freezer.state")) === "FROZEN";
  return unified !== undefined && textOf(join(unified, "cgroup.freeze")) === "1";
}

/** Mount points of the cgroup file systems whose line fits, proc_pid_mountinfo(5). */
function hierarchies(): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => / - cgroup2? /.test(line))
    .map((line) => line.split(" ")[4] ?? "")
    .filter((path) => path !== "");
}

function removeIfEmpty(path: string): void {
  try {
    rmdirSync(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    // Gone already; others are in it; or the hierarchy is read-only, then we made nothing there.
    if (code !== "ENOENT" && code !== "EBUSY" && code !== "ENOTEMPTY" && code !== "EROFS") throw cause;
  }
}
