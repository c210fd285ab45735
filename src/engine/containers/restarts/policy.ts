import { type Container, type ContainerState, never } from "../../../model/container.ts";

/** Docker's waits (moby, restartmanager): doubling from the first to the longest, from the start again after a long run. */
const firstDelayMs = 100;
const longestDelayMs = 60_000;
const longRunMs = 10_000;

/** Whether its policy starts a container again that has just ended with `exitCode`. A user's stop is final. */
export function restartsAfter({ config, state }: Pick<Container, "config" | "state">, exitCode: number): boolean {
  const { name, maximumRetryCount } = config.restartPolicy ?? { name: "no", maximumRetryCount: 0 };
  if (state.stoppedByUser || name === "no") return false;
  if (name !== "on-failure") return true;
  return exitCode !== 0 && (maximumRetryCount === 0 || (state.restartCount ?? 0) < maximumRetryCount);
}

/** How long to wait after a run of `ranMs`. */
export function nextDelayMs({ restartDelayMs }: ContainerState, ranMs: number): number {
  if (restartDelayMs === undefined || ranMs >= longRunMs) return firstDelayMs;
  return Math.min(restartDelayMs * 2, longestDelayMs);
}

/**
 * Whether a daemon that has just started starts a container that does not run. "always" is always; the others leave
 * what a user has stopped. One that has never run is not started, as in Docker.
 */
export function startsWithDaemon({ config, state }: Pick<Container, "config" | "state">): boolean {
  const policy = config.restartPolicy?.name ?? "no";
  if (state.startedAt === never || policy === "no") return false;
  return policy === "always" || restartsAfter({ config, state }, state.exitCode);
}

/** What is left of its wait; a clock that was set back does not make it longer. */
export function remainingMs({ restartDelayMs = 0, finishedAt }: ContainerState, nowMs: number): number {
  const left = Date.parse(finishedAt) + restartDelayMs - nowMs;
  return Math.min(Math.max(left, 0), restartDelayMs);
}
