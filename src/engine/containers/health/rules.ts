import type { Health, Healthcheck, ProbeResult } from "../../../model/health.ts";

/** Docker's defaults and limits (moby, daemon/health.go). */
const defaults = { intervalNs: 30e9, timeoutNs: 30e9, startPeriodNs: 0, startIntervalNs: 5e9, retries: 3 } as const;
const logLength = 5;
export const outputBytes = 4096;

/** What to run; undefined: nothing is checked. */
export function probeArguments({ test }: Healthcheck): readonly string[] | undefined {
  const [kind, ...rest] = test;
  if (rest.length === 0) return undefined;
  if (kind === "CMD") return rest;
  return kind === "CMD-SHELL" ? ["/bin/sh", "-c", ...rest] : undefined;
}

/** setTimeout() takes 31 bits; what is longer would be over at once. */
export const longestTimerMs = 2 ** 31 - 1;

export const timeoutMs = ({ timeoutNs }: Healthcheck): number =>
  Math.min((timeoutNs || defaults.timeoutNs) / 1e6, longestTimerMs);

/** From the end of a probe, or the container's start, to the next: more often while it starts. */
export function intervalMs(healthcheck: Healthcheck, status: Health["status"] | undefined, ranMs: number): number {
  const isStarting = ranMs < startPeriodMs(healthcheck) && status === "starting";
  const ns = isStarting
    ? healthcheck.startIntervalNs || defaults.startIntervalNs
    : healthcheck.intervalNs || defaults.intervalNs;
  return ns / 1e6;
}

const startPeriodMs = ({ startPeriodNs }: Healthcheck): number => (startPeriodNs || defaults.startPeriodNs) / 1e6;

/** Of a container that starts: what its last run logged is kept, as in Docker. */
export const startingHealth = (before: Health | undefined): Health => ({
  status: "starting",
  failingStreak: 0,
  log: before?.log ?? [],
});

/** With one more result. Failures in the start period do not count unless the container has been healthy. */
export function withResult(
  health: Health,
  result: ProbeResult,
  { healthcheck, startedAt }: { healthcheck: Healthcheck; startedAt: string },
): Health {
  const log = [...health.log, result].slice(-logLength);
  if (result.exitCode === 0) return { status: "healthy", failingStreak: 0, log };
  const ranMs = Date.parse(result.start) - Date.parse(startedAt);
  if (health.status === "starting" && ranMs < startPeriodMs(healthcheck)) return { ...health, log };
  const failingStreak = health.failingStreak + 1;
  const retries = healthcheck.retries > 0 ? healthcheck.retries : defaults.retries;
  return { status: failingStreak >= retries ? "unhealthy" : health.status, failingStreak, log };
}

/** A duration as Go prints it, for messages that Docker's users know: "500ms", "30s", "1m30s". */
export function goDuration(milliseconds: number): string {
  if (milliseconds < 1000) return `${milliseconds}ms`;
  const [hours, minutes, seconds] = [
    Math.floor(milliseconds / 3_600_000),
    Math.floor(milliseconds / 60_000) % 60,
    (milliseconds % 60_000) / 1000,
  ];
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`;
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`;
}
