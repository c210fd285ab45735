import { existsSync, globSync, readFileSync } from "node:fs";

/** Processes whose parent a process is. Kernels may be built without the list of them (CONFIG_PROC_CHILDREN). */
export function childrenOf(pid: number | undefined): number[] {
  const list = `/proc/${pid}/task/${pid}/children`;
  if (existsSync(list)) return readFileSync(list, "utf8").trim().split(" ").filter(Boolean).map(Number);
  return globSync("/proc/[0-9]*/stat")
    .map(statusOf)
    .filter(({ parent }) => parent === pid)
    .map((status) => status.pid);
}

/** proc_pid_stat(5): pid, name in parentheses, state, parent. */
function statusOf(file: string): { pid: number; parent: number } {
  const [, pid, parent] = /^(\d+) \(.*\) \S (\d+) /s.exec(textOf(file)) ?? [];
  return { pid: Number(pid), parent: Number(parent) };
}

/** "" for a process that ended meanwhile. */
function textOf(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
