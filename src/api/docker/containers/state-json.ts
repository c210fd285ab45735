import type { Container, ContainerState } from "../../../model/container.ts";
import { isPaused, isUp, stateWord } from "../../../model/container-state.ts";
import { healthJson } from "./healthcheck.ts";

/** State of container.InspectResponse. */
export function stateJson(container: Container) {
  const { state } = container;
  return {
    Status: stateWord(state),
    Running: isUp(container),
    Paused: isPaused(container),
    Restarting: state.restarting === true,
    OOMKilled: state.oomKilled === true,
    Dead: false,
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt,
    FinishedAt: state.finishedAt,
    ...healthJson(state),
  };
}

/** "Up 2 minutes (healthy)", "Up 2 minutes (Paused)", "Restarting (1) 3 seconds ago", "Exited (0) 3 seconds ago", "Created". */
export function statusText(state: ContainerState, now: number): string {
  if (state.status === "running") {
    const up = `Up ${humanDuration(now - Date.parse(state.startedAt))}`;
    if (state.paused) return `${up} (Paused)`;
    if (!state.health) return up;
    return `${up} (${state.health.status === "starting" ? "health: starting" : state.health.status})`;
  }
  const ago = `(${state.exitCode}) ${humanDuration(now - Date.parse(state.finishedAt))} ago`;
  if (state.restarting) return `Restarting ${ago}`;
  return state.status === "created" ? "Created" : `Exited ${ago}`;
}

/** A duration as Docker words it: below these limits, in this unit. */
const units: readonly { below: number; unit: number; name: string; one?: string }[] = [
  { below: 60, unit: 1, name: "seconds", one: "1 second" },
  { below: 3600, unit: 60, name: "minutes", one: "About a minute" },
  { below: 48 * 3600, unit: 3600, name: "hours", one: "About an hour" },
  { below: 14 * 86400, unit: 86400, name: "days" },
  { below: 60 * 86400, unit: 7 * 86400, name: "weeks" },
  { below: 730 * 86400, unit: 30 * 86400, name: "months" },
  { below: Number.POSITIVE_INFINITY, unit: 365 * 86400, name: "years" },
];

function humanDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 1) return "Less than a second";
  const { unit, name, one } = units.find(({ below }) => seconds < below) ?? { unit: 1, name: "seconds" };
  const count = Math.floor(seconds / unit);
  return count === 1 && one ? one : `${count} ${name}`;
}
