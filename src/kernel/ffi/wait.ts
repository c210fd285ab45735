import { constants } from "node:os";
import koffi from "koffi";
import type { ProgramEnd } from "../../contracts/launcher.ts";
import { kernelError } from "./errno.ts";

const lib = koffi.load("libc.so.6");
const calls = {
  waitpid: lib.func("int waitpid(int pid, _Out_ int *status, int options)"),
  waitid: lib.func("int waitid(int kind, unsigned int id, void *info, int options)"),
  prctl: lib.func(
    "int prctl(int option, unsigned long on, unsigned long unused3, unsigned long unused4, unsigned long unused5)",
  ),
};

/** bits/waitflags.h and linux/prctl.h. */
const WNOHANG = 1;
const WEXITED = 4;
const WNOWAIT = 0x0100_0000;
const P_ALL = 0;
const P_PID = 1;
const PR_SET_CHILD_SUBREAPER = 36;
/** siginfo_t and its si_pid, with 64-bit pointers. */
const infoBytes = 128;
const pidAt = 16;

/** How a child of ours that has ended did so. It is no more from then on. waitpid(2). */
export function reap(pid: number): ProgramEnd {
  const status: [number] = [0];
  if (calls.waitpid(pid, status, 0) < 0) throw kernelError(`wait for process ${pid}`, koffi.errno());
  return endOf(status[0]);
}

/** A child that has ended and was not reaped: without a word which, the one that has been ours for longest. waitid(2). */
export function endedChild(): number | undefined {
  return look(P_ALL, 0)?.readInt32LE(pidAt) || undefined;
}

/** Whether there is a child of ours with this number, running or to be reaped. */
export const isChild = (pid: number): boolean => look(P_PID, pid) !== undefined;

/** What has no parent any more among our descendants becomes our child, in place of the init's. prctl(2). */
export function becomeSubreaper(): void {
  if (calls.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0) throw kernelError("become a subreaper", koffi.errno());
}

/** What waitid(2) tells of children that have ended, none of which it reaps; undefined when there are no such children. */
function look(kind: number, id: number): Buffer | undefined {
  const info = Buffer.alloc(infoBytes);
  if (calls.waitid(kind, id, info, WEXITED | WNOHANG | WNOWAIT) === 0) return info;
  const errno = koffi.errno();
  if (errno === constants.errno.ECHILD) return undefined;
  throw kernelError("look for ended processes", errno);
}

/** WIFSIGNALED, WTERMSIG and WEXITSTATUS of bits/waitstatus.h. */
function endOf(status: number): ProgramEnd {
  const signal = status & 0x7f;
  return signal === 0 ? { exitCode: (status >> 8) & 0xff } : { signal };
}
