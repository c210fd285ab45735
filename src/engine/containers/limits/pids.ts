import { findContainer } from "../../reference.ts";
import { mustRun } from "../held.ts";
import type { ContainerParts } from "../parts.ts";

/** Processes of a running container. */
export function pidsOf({ state, runtime }: ContainerParts, reference: string): number[] {
  const container = findContainer(state, reference);
  mustRun(container);
  return runtime.pids(container.id);
}
