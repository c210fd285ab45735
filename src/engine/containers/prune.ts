import type { Container } from "../../model/container.ts";
import { isUp } from "../../model/container-state.ts";
import type { Filters } from "../engine.ts";
import { writtenBytes } from "../images/container-size.ts";
import { joiners } from "./end.ts";
import { containerMatcher } from "./filters.ts";
import { holdIfThere } from "./held.ts";
import type { ContainerParts } from "./parts.ts";
import { removeHeld } from "./remove-held.ts";

/** Removes each container that does not run and whose network nobody shares. Returns ids, and what they had written. */
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
    const bytes = await measured(parts, held.container);
    await removeHeld(parts, held.container);
    reclaimedBytes += bytes;
    removed.push(id);
  }
  parts.events.emit("container", "prune", { id: "", attributes: { reclaimed: String(reclaimedBytes) } });
  return { removed, reclaimedBytes };
}

/** What cannot be measured goes all the same: the number is for the reader only. */
async function measured({ images, log }: ContainerParts, container: Container): Promise<number> {
  try {
    return await writtenBytes(images, container);
  } catch (err) {
    log.warn({ err, container: container.name }, "cannot tell how much a container had written, which is removed");
    return 0;
  }
}
