import type { ChildProcess } from "node:child_process";
import { subscribe } from "node:diagnostics_channel";
import type { ProgramEnd } from "../../contracts/launcher.ts";
import { becomeSubreaper, endedChild, isChild, reap } from "../ffi/wait.ts";

/*
 * Three kinds of children: those that Node started, which libuv waits for; those that we started or were handed over, for
 * whose end somebody waits; and orphans of ours, which nobody waits for (a conmon that forked away from its parent).
 * Node tells of the first kind in the thread that starts them: no other thread may, as its children would be taken for orphans.
 */
const ofNode = new Set<number>();
const awaited = new Map<number, (end: ProgramEnd) => void>();

subscribe("child_process", (message) => {
  const { process: child } = message as { process: ChildProcess };
  child.once("spawn", () => {
    const { pid = 0 } = child;
    ofNode.add(pid);
    child.once("exit", () => ofNode.delete(pid));
  });
});

/** A process that only waits for a signal ends: Node's event loop goes on for a timer, not for a signal's handler. */
const keepAlive = setInterval(() => undefined, 1 << 30).unref();
let isWatching = false;

/** Hears of the ends of children, and of orphans from now on. To be called before the first is started. */
export function watchForEnds(): void {
  if (isWatching) return;
  becomeSubreaper();
  process.on("SIGCHLD", collect);
  isWatching = true;
}

/** How a child of ours ends. */
export function endOf(pid: number): Promise<ProgramEnd> {
  const { promise, resolve } = Promise.withResolvers<ProgramEnd>();
  awaited.set(pid, resolve);
  keepAlive.ref();
  return promise;
}

/** Whether a child has not been reaped: its pid is nobody else's then. */
export const isAwaited = (pid: number): boolean => awaited.has(pid);

/** Ends of orphans, by pid: kept while a starter is about to tell the pid of a program, which may have ended by then. */
const kept = new Map<number, ProgramEnd>();
/** Starters may never be all at their end; a pid is told within moments. */
const mostKept = 10_000;
let starters = 0;

/** Runs something in which a child that was no child of ours before may be taken on by adopt(). */
export async function withAdoption<T>(body: () => Promise<T>): Promise<T> {
  starters++;
  try {
    return await body();
  } finally {
    if (--starters === 0) kept.clear();
  }
}

/** As endOf(), of a program whose starter has ended. */
export function adopt(pid: number): Promise<ProgramEnd> {
  if (isChild(pid)) return endOf(pid);
  const end = kept.get(pid);
  if (!end) throw new Error(`Cannot wait for process ${pid}: it is no child of the daemon`);
  return Promise.resolve(end);
}

/** One signal may stand for several ends. */
function collect(): void {
  for (let pid = endedChild(); pid !== undefined; pid = endedChild()) {
    if (ofNode.has(pid)) {
      setImmediate(collect); // libuv takes it at the same signal; until then it hides those behind it
      return;
    }
    take(pid, reap(pid));
  }
  if (awaited.size === 0) keepAlive.unref();
}

function take(pid: number, end: ProgramEnd): void {
  const tell = awaited.get(pid);
  awaited.delete(pid);
  if (tell) tell(end);
  else if (starters > 0) keep(pid, end);
}

function keep(pid: number, end: ProgramEnd): void {
  kept.delete(pid); // so that the first of the map is the oldest
  kept.set(pid, end);
  for (const oldest of kept.keys()) {
    if (kept.size <= mostKept) return;
    kept.delete(oldest);
  }
}
