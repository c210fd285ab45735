import { readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Removes the control group that was the parent of our containers', in every hierarchy, unless containers are left in
 * it. runc removes those of the containers themselves.
 */
export function removeEmptyCgroup(name: string): void {
  for (const hierarchy of hierarchies()) removeIfEmpty(join(hierarchy, name));
}

/**
 * Whether the control group of a process is frozen: by the controller of version 1 where that is mounted, else by
 * version 2's own file (Documentation/admin-guide/cgroup-v1/freezer-subsystem.rst, cgroup-v2.rst).
 */
export function isFrozen(pid: number): boolean {
  const groups = readIfThere(`/proc/${pid}/cgroup`).split("\n");
  const [v1] = hierarchies(/ - cgroup .*\bfreezer\b/);
  const [v2] = hierarchies(/ - cgroup2 /);
  if (v1) return stateIn(v1, pathAfter(groups, ":freezer:"), "freezer.state") === "FROZEN";
  return v2 !== undefined && stateIn(v2, pathAfter(groups, "0::"), "cgroup.freeze") === "1";
}

const pathAfter = (groups: readonly string[], mark: string): string =>
  groups.find((line) => line.includes(mark))?.split(mark)[1] ?? "/";

const stateIn = (mountPoint: string, path: string, file: string): string =>
  readIfThere(join(mountPoint, path, file)).trim();

/** "" when the group or the process is gone. */
function readIfThere(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH" || code === "ENODEV") return "";
    throw cause;
  }
}

/** Mount points of the cgroup file systems whose line fits, proc_pid_mountinfo(5). */
function hierarchies(pattern = / - cgroup2? /): string[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => pattern.test(line))
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
