import type { Container, ContainerState } from "./container.ts";

/** Docker's word for a state, as inspect, list, its filter and messages have it. */
export function stateWord({ status, paused, restarting }: ContainerState): string {
  if (status === "running") return paused ? "paused" : "running";
  return restarting ? "restarting" : status;
}

/** Its processes are there, frozen or not. */
export const isRunning = ({ state }: Container): boolean => state.status === "running";

export const isPaused = ({ state }: Container): boolean => state.status === "running" && state.paused === true;

/** What Docker calls running: one between two runs of its restart policy counts. */
export const isUp = (container: Container): boolean => isRunning(container) || container.state.restarting === true;
