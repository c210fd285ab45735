import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ContainerCgroup } from "./container-cgroup.ts";

/** What an update may write to: Documentation/admin-guide/cgroup-v1 and cgroup-v2.rst. Rates of block devices are left out. */
const settings = [
  ...["memory.limit_in_bytes", "memory.memsw.limit_in_bytes", "memory.soft_limit_in_bytes"],
  ...["cpu.cfs_period_us", "cpu.cfs_quota_us", "cpu.shares"],
  ...["memory.max", "memory.swap.max", "memory.low", "cpu.max", "cpu.weight"],
  ...["cpuset.cpus", "cpuset.mems", "pids.max"],
];

/** The settings of a container's control groups as they are now. */
export function settingsOf(cgroup: ContainerCgroup): Map<string, string> {
  const files = [...new Set(Object.values(cgroup))].flatMap((folder) => settings.map((name) => join(folder, name)));
  return new Map(files.filter((file) => existsSync(file)).map((file) => [file, readFileSync(file, "utf8")]));
}

/**
 * Writes back what differs, after an update that failed halfway: runc tries to, but by then has forgotten what was before.
 * Throws what the kernel says to a value that it has had.
 */
export function putBack(before: ReadonlyMap<string, string>): void {
  // Some only fit together (memory with and without swap): what is refused at first is tried after the others.
  const left = [...before].filter((one) => !write(...one));
  for (const [file, value] of left) if (!write(file, value)) writeFileSync(file, value);
}

/** False when the kernel refuses it now. */
function write(file: string, value: string): boolean {
  try {
    if (readFileSync(file, "utf8") !== value) writeFileSync(file, value);
    return true;
  } catch (cause) {
    if (["EINVAL", "EBUSY"].includes((cause as NodeJS.ErrnoException).code ?? "")) return false;
    throw cause;
  }
}
