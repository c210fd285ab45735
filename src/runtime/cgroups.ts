import { readFileSync, rmdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Removes the control group that was the parent of our containers', in every hierarchy, unless containers are left in
 * it. runc removes those of the containers themselves.
 */
export function removeEmptyCgroup(name: string): void {
  for (const hierarchy of hierarchies()) removeIfEmpty(join(hierarchy, name));
}

/** Mount points of all cgroup file systems, proc_pid_mountinfo(5). */
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
