import { readdirSync, readFileSync } from "node:fs";

/** Processes that a process has started and that are not gone. */
export function childrenOf(pid: number): number[] {
  const listed = textOf(`/proc/${pid}/task/${pid}/children`);
  if (listed !== undefined) return listed.split(" ").filter(Boolean).map(Number);
  // A kernel without that list (CONFIG_PROC_CHILDREN), or a process that is gone: the slow way.
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && parentOf(name) === pid)
    .map(Number);
}

function parentOf(pid: string): number {
  const stat = textOf(`/proc/${pid}/stat`) ?? "";
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]); // proc_pid_stat(5); the name may have blanks
}

/** Undefined for a process that is gone. */
function textOf(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (["ENOENT", "ESRCH"].includes((error as NodeJS.ErrnoException).code ?? "")) return undefined;
    throw error;
  }
}
