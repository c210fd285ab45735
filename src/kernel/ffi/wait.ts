import { constants } from "node:os";
import koffi from "koffi";
import type { ProgramEnd } from "../../contracts/launcher.ts";
import { kernelError } from "./errno.ts";

const waitpid = koffi.load("libc.so.6").func("int waitpid(int pid, _Out_ int *status, int options)");
const WNOHANG = 1;

/** How a child has ended, which is then no more; undefined while it runs. waitpid(2). */
export function reap(pid: number): ProgramEnd | undefined {
  const status: [number] = [0];
  const result: number = waitpid(pid, status, WNOHANG);
  if (result < 0) throw kernelError(`wait for process ${pid}`, koffi.errno());
  return result === 0 ? undefined : endOf(status[0]);
}

// Of two names of one signal (SIGABRT, SIGIOT) the first is the usual one, and the last of a map wins.
const named = Object.entries(constants.signals).reverse();
const signalNames = new Map(named.map(([name, number]) => [number, name as NodeJS.Signals]));

/** WIFSIGNALED, WTERMSIG and WEXITSTATUS of bits/waitstatus.h. */
function endOf(status: number): ProgramEnd {
  const signal = status & 0x7f;
  if (signal === 0) return { exitCode: (status >> 8) & 0xff };
  return { signal: signalNames.get(signal) ?? "SIGKILL" };
}
