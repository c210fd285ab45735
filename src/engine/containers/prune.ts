import { isUp } from "../../model/container-state.ts";
import type { Filters } from "../engine.ts";
import { joiners } from "./end.ts";
import { containerMatcher } from "./filters.ts";
import { holdIfThere } from "./held.ts";
import type { ContainerParts } from "./parts.ts";
import { removeHeld } from "./remove-held.ts";

/** Removes every container that does not run and whose network nobody shares. Returns their ids. */
export async function pruneContainers(parts: ContainerParts, filters: Filters): Promise<string[]> {
  const matches = containerMatcher(parts, filters);
  const removed: string[] = [];
  for (const { id } of [...parts.state.containers.values()].filter(matches)) {
    await using held = await holdIfThere(parts, id);
    if (!held || isUp(held.container) || joiners(parts, id).length > 0) continue;
    await removeHeld(parts, held.container);
    removed.push(id);
  }
  parts.events.emit("container", "prune", { id: "", attributes: { reclaimed: "0" } });
  return removed;
}
