import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A process that is surely the one meant: a pid may be given to another process, a pid with its start time is not. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks after boot: field 22 of proc_pid_stat(5). */
  readonly startTime: string;
}

/** The identity of a process that is alive now; undefined for none and for one that is dead but not yet reaped. */
export function identify(pid: number): ProcessIdentity | undefined {
  const stat = readProc(pid, "stat");
  // The command's name is in parentheses and may itself have spaces and parentheses: fields count from the last one.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [state] = fields;
  const startTime = fields[22 - 3]; // the state is field 3
  if (!state || !startTime || state === "Z" || state === "X") return undefined;
  return { pid, startTime };
}

export const isAlive = ({ pid, startTime }: ProcessIdentity): boolean => identify(pid)?.startTime === startTime;

/** Sends a signal. False when the process is gone. */
export function send({ pid }: Pick<ProcessIdentity, "pid">, signal: NodeJS.Signals | number): boolean {
  try {
    return process.kill(pid, signal);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "ESRCH") return false;
    throw cause;
  }
}

/** How long a process that has to end may take. */
const patienceMs = 5_000;

/** Waits for the end of a process that is not our child, for which Node has no notification: so we look. False: it did not. */
export async function hasEnded(process: ProcessIdentity): Promise<boolean> {
  const until = Date.now() + patienceMs;
  while (isAlive(process)) {
    if (Date.now() > until) return false;
    await sleep(2);
  }
  return true;
}

/** Whether a process is in a control group whose path ends so, in any hierarchy, proc_pid_cgroup(5). */
export const isInCgroup = (pid: number, path: string): boolean =>
  readProc(pid, "cgroup")
    .split("\n")
    .some((line) => line.endsWith(path));

/** Text of a file of /proc/PID; "" when the process is gone. */
function readProc(pid: number, name: string): string {
  try {
    return readFileSync(`/proc/${pid}/${name}`, "utf8");
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ESRCH") return "";
    throw cause;
  }
}
