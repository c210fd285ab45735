import type { Container, ContainerState } from "../../../model/container.ts";
import { isPaused, isUp, stateWord } from "../../../model/container-state.ts";
import { healthJson } from "./healthcheck.ts";
import { startErrorText } from "./start-error.ts";

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
    Error: startErrorText(state.error),
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

/** A duration as Docker words it (go-units, HumanDuration): hours are rounded, the others cut. */
function humanDuration(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.round(seconds / 3600);
  if (seconds < 1) return "Less than a second";
  if (seconds < 60) return seconds === 1 ? "1 second" : `${seconds} seconds`;
  if (minutes < 60) return minutes === 1 ? "About a minute" : `${minutes} minutes`;
  if (hours < 48) return hours === 1 ? "About an hour" : `${hours} hours`;
  const { days, name } = longUnits.find(({ below }) => hours < below * 24) ?? { days: 365, name: "years" };
  return `${Math.floor(hours / 24 / days)} ${name}`;
}

const longUnits: readonly { below: number; days: number; name: string }[] = [
  { below: 14, days: 1, name: "days" },
  { below: 60, days: 7, name: "weeks" },
  { below: 730, days: 30, name: "months" },
];
