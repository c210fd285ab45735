import { EngineError } from "../../base/errors.ts";
import { sigkill, signalNumber } from "../../base/signals.ts";
import type { Container } from "../../model/container.ts";
import { isRunning, isUp } from "../../model/container-state.ts";
import { findContainer } from "../reference.ts";
import { settleUnrecorded } from "./end.ts";
import { endProcess, markStopped, signalHeld } from "./end-process.ts";
import { hold } from "./held.ts";
import type { ContainerParts } from "./parts.ts";
import { cancelRestart } from "./restarts/by-policy.ts";
import { startContainer } from "./start.ts";
import { tell } from "./tell.ts";

/** Asks the container to end, and after the time makes it. NOT_MODIFIED when it does not run. */
export async function stopContainer(
  parts: ContainerParts,
  reference: string,
  options: { timeoutSeconds?: number; signal?: string },
): Promise<void> {
  const { id, name, config } = findContainer(parts.state, reference);
  const signal = signalNumber(options.signal ?? config.stopSignal);
  const timeoutSeconds = timeoutOf(config, options);
  if (!(await endProcess(parts, id, { signal, timeoutSeconds }))) {
    throw new EngineError("NOT_MODIFIED", { container: name, state: "stopped" });
  }
  const stopped = parts.state.containers.get(id);
  if (stopped) tell(parts, "stop", stopped);
}

/** Docker: a negative time is as long as it takes. */
function timeoutOf({ stopTimeoutSeconds }: Container["config"], options: { timeoutSeconds?: number }): number {
  const seconds = options.timeoutSeconds ?? stopTimeoutSeconds;
  return seconds < 0 ? Number.POSITIVE_INFINITY : seconds;
}

/** Ends the container if it runs, and starts it. Others who share its sandbox keep the sandbox open meanwhile. */
export async function restartContainer(
  parts: ContainerParts,
  reference: string,
  options: { timeoutSeconds?: number },
): Promise<void> {
  const { id, config } = findContainer(parts.state, reference);
  await using _turn = await parts.locks.hold(`restart ${id}`);
  parts.restarting.add(id);
  try {
    const signal = signalNumber(config.stopSignal);
    const ran = await endProcess(parts, id, { signal, timeoutSeconds: timeoutOf(config, options) });
    await settleUnrecorded(parts, id);
    const ended = parts.state.containers.get(id);
    if (ran && ended) tell(parts, "stop", ended);
    await startContainer(parts, id).catch(ignoreNotModified);
  } finally {
    parts.restarting.delete(id);
  }
  const restarted = parts.state.containers.get(id);
  if (restarted) tell(parts, "restart", restarted);
}

/** Somebody else started it between our stop and our start: it has been restarted all the same. */
function ignoreNotModified(error: unknown): void {
  if (!(error instanceof EngineError && error.code === "NOT_MODIFIED")) throw error;
}

/** Sends a signal. SIGKILL resolves once the container has ended, as in Docker. */
export async function killContainer(parts: ContainerParts, reference: string, signalText: string): Promise<void> {
  const signal = signalNumber(signalText);
  const { id, name } = findContainer(parts.state, reference);
  if (signal === sigkill) {
    const ran = await endProcess(parts, id, { signal, timeoutSeconds: 0 });
    if (!ran) throw cannotKill(name, id);
    return;
  }
  await using held = await hold(parts, id);
  const isStop = signal === signalNumber(held.container.config.stopSignal);
  if (held.container.state.restarting) {
    // No process is there to hear it; the end that it asks for has come.
    if (isStop) cancelRestart(parts, held.container);
    return;
  }
  if (!isRunning(held.container)) throw cannotKill(name, id);
  if (isStop) markStopped(parts, held.container);
  await signalHeld(parts, held.container, signal);
}

const cannotKill = (name: string, id: string): EngineError =>
  new EngineError("CONTAINER_CONFLICT", { why: `cannot kill container: ${name}: container ${id} is not running` });

/** Resolves to the exit code. Registers before it returns, so that the caller may start the container next. */
export function waitForContainer(
  { state, waiters }: ContainerParts,
  reference: string,
  options: { condition: "not-running" | "next-exit" | "removed"; signal: AbortSignal },
): Promise<number> {
  const container = findContainer(state, reference);
  const { condition, signal } = options;
  if (condition === "not-running" && !isUp(container)) return Promise.resolve(container.state.exitCode);
  return waiters.register(container.id, condition, signal);
}
