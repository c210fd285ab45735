import { isRunning } from "../../../model/container-state.ts";
import { holdIfThere } from "../held.ts";
import type { ContainerParts } from "../parts.ts";
import { tell } from "../tell.ts";

/** Tells that the kernel has ended a process of a container, and notes it while the container goes on. Never throws. */
export async function onOutOfMemory(parts: ContainerParts, containerId: string): Promise<void> {
  try {
    const known = parts.state.containers.get(containerId);
    if (known) tell(parts, "oom", known);
    await using held = await holdIfThere(parts, containerId);
    if (!held || !isRunning(held.container) || held.container.state.oomKilled) return;
    const value = { ...held.container, state: { ...held.container.state, oomKilled: true } };
    parts.state.commit([{ put: "container", id: value.id, value }]);
  } catch (error) {
    parts.log.error({ err: error, container: containerId }, "cannot note that a container ran out of memory");
  }
}
