import { isUp } from "../../model/container-state.ts";
import type { Filters } from "../engine.ts";
import { writtenBytes } from "../images/container-size.ts";
import { joiners } from "./end.ts";
import { containerMatcher } from "./filters.ts";
import { holdIfThere } from "./held.ts";
import type { ContainerParts } from "./parts.ts";
import { removeHeld } from "./remove-held.ts";

/** Removes every container that does not run and whose network nobody shares. Returns their ids, and what they had written. */
export async function pruneContainers(
  parts: ContainerParts,
  filters: Filters,
): Promise<{ removed: string[]; reclaimedBytes: number }> {
  const matches = containerMatcher(parts, filters);
  const removed: string[] = [];
  let reclaimedBytes = 0;
  for (const { id } of [...parts.state.containers.values()].filter(matches)) {
    await using held = await holdIfThere(parts, id);
    if (!held || isUp(held.container) || joiners(parts, id).length > 0) continue;
    const bytes = await writtenBytes(parts.images, held.container);
    await removeHeld(parts, held.container);
    reclaimedBytes += bytes;
    removed.push(id);
  }
  parts.events.emit("container", "prune", { id: "", attributes: { reclaimed: String(reclaimedBytes) } });
  return { removed, reclaimedBytes };
}
