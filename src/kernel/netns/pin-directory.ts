import { mkdirSync, readFileSync, realpathSync } from "node:fs";
import * as libc from "../ffi/libc.ts";

/**
 * Makes the directory of pins a shared mount of its own, once. Shared, because other mount namespaces copy our mounts
 * (every container start makes one): unpinning must reach those copies, or they would keep the namespace alive.
 */
export function ensurePinDirectory(directory: string): void {
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const path = realpathSync(directory);
  if (!isMountPoint(path)) libc.mount(path, path, libc.MS_BIND);
  libc.mount("none", path, libc.MS_SHARED);
}

/** A bind mount of a directory onto itself keeps its device number, so only the mount table tells. */
function isMountPoint(path: string): boolean {
  const escaped = path.replace(/[ \t\n\\]/g, (char) => `\\${char.charCodeAt(0).toString(8).padStart(3, "0")}`);
  const table = readFileSync("/proc/thread-self/mountinfo", "utf8"); // proc_pid_mountinfo(5): field 5 is the mount point
  return table.split("\n").some((line) => line.split(" ")[4] === escaped);
}
