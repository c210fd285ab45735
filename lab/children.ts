import { readdirSync, readFileSync } from "node:fs";

/**
 * Processes that a process has started and that are not gone. From the list of all: not every kernel tells them by
 * /proc/PID/task/TID/children (CONFIG_PROC_CHILDREN).
 */
export const childrenOf = (pid: number): number[] =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);

function parentOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]); // proc_pid_stat(5); the name may have blanks
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined; // ended meanwhile
    throw error;
  }
}
