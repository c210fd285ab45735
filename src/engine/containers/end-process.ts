import { setTimeout } from "node:timers/promises";
import { EngineError } from "../../base/errors.ts";
import { sigkill, signalNumber } from "../../base/signals.ts";
import type { Container } from "../../model/container.ts";
import { isPaused, isRunning } from "../../model/container-state.ts";
import { lostExit, settle, settleUnrecorded } from "./end.ts";
import { holdIfThere } from "./held.ts";
import type { ContainerParts } from "./parts.ts";
import { thawForEnd } from "./pause.ts";
import { cancelRestart } from "./restarts/by-policy.ts";
import { tell } from "./tell.ts";

/** How long the news of an end may take when the process is known to be gone, or must go (SIGKILL). */
const newsSeconds = 10;
/** setTimeout() takes 31 bits. */
const longestMs = 2 ** 31 - 1;

export interface HowToEnd {
  readonly signal: number;
  /** Before SIGKILL; Infinity: never. */
  readonly timeoutSeconds: number;
}

/**
 * Ends a running container and resolves once its end is written down; false if it did not run. No lock is held while it
 * waits, so that everything else, kill included, gets through.
 */
export async function endProcess(parts: ContainerParts, id: string, how: HowToEnd): Promise<boolean> {
  await settleUnrecorded(parts, id);
  const waiting = new AbortController();
  const ended = parts.waiters.register(id, "next-exit", waiting.signal);
  // Given up in the end, when nobody listens any more.
  ended.catch(() => {});
  try {
    const heard = await signalRunning(parts, id, how.signal);
    if (heard === undefined) return false;
    if (heard && how.signal !== sigkill) {
      if (await within(ended, how.timeoutSeconds)) return true;
      await signalRunning(parts, id, sigkill);
    }
    if (!(await within(ended, newsSeconds))) await settleSilentEnd(parts, id);
    return true;
  } finally {
    waiting.abort();
  }
}

/** Whether a process was there to hear it; undefined when the container does not run. */
async function signalRunning(parts: ContainerParts, id: string, signal: number): Promise<boolean | undefined> {
  await using held = await holdIfThere(parts, id);
  if (held?.container.state.restarting) {
    cancelRestart(parts, held.container); // which is its end, and is told
    return true;
  }
  if (!held || !isRunning(held.container)) return undefined;
  markStopped(parts, held.container);
  return signalHeld(parts, held.container, signal);
}

/** Notes that the user wanted the end; in memory if the store fails, which keeps nobody running. Under its lock. */
export function markStopped({ state, stopped, log }: ContainerParts, container: Container): void {
  if (container.state.stoppedByUser) return;
  const marked = { ...container, state: { ...container.state, stoppedByUser: true } };
  try {
    state.commit([{ put: "container", id: marked.id, value: marked }]);
  } catch (error) {
    log.error({ err: error, container: container.name }, "cannot write down that a user stops a container");
    stopped.add(container.id);
  }
}

/**
 * Under the container's lock; it runs. A process that has just ended is no failure, but false: the news of it is on the
 * way. A paused one hears of its end, as in Docker: it is thawed for it.
 */
export async function signalHeld(parts: ContainerParts, container: Container, signal: number): Promise<boolean> {
  const heard = await killIfThere(parts, container.id, signal);
  if (!heard) return false;
  tell(parts, "kill", container, { signal: String(signal) });
  const isEnd = signal === sigkill || signal === signalNumber(container.config.stopSignal);
  // On control groups of version 2 SIGKILL reaches frozen processes, too, and there may be nothing left to thaw.
  // A frozen one may have a record that does not say so: an undo that failed.
  const isFrozen = isPaused(container) || parts.runtime.isPaused(container.id);
  if (isFrozen && isEnd) await ifItRuns(thawForEnd(parts, container));
  return true;
}

/** Sends a signal; false without a process to send it to. */
export const killIfThere = (
  { runtime }: Pick<ContainerParts, "runtime">,
  id: string,
  signal: number,
): Promise<boolean> => ifItRuns(runtime.kill(id, String(signal)));

/** Whether what was done to a container's process still met it. */
async function ifItRuns(deed: Promise<void>): Promise<boolean> {
  try {
    await deed;
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.code === "CONTAINER_NOT_RUNNING") return false;
    throw error;
  }
}

/** No news of the end: either it has not come, or the runtime could not tell us. */
async function settleSilentEnd(parts: ContainerParts, id: string): Promise<void> {
  const { runtime, state } = parts;
  if ((await runtime.running()).has(id)) {
    const why = `its processes have not ended ${newsSeconds} s after SIGKILL`;
    throw new EngineError("CONTAINER_REFUSED", { container: state.containers.get(id)?.name ?? id, why });
  }
  await settle(parts, runtime.exitOf(id) ?? lostExit(id));
}

/** Whether it comes within the time. */
async function within(ended: Promise<unknown>, seconds: number): Promise<boolean> {
  const comes = ended.then(() => true);
  if (seconds === Number.POSITIVE_INFINITY) return comes;
  const timer = new AbortController();
  try {
    const late = setTimeout(Math.min(seconds * 1000, longestMs), false, { signal: timer.signal });
    return await Promise.race([comes, late]);
  } finally {
    timer.abort();
  }
}
