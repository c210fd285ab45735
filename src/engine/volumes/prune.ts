import type { Filters } from "../engine.ts";
import { prunes } from "./filters.ts";
import { holdVolumes, type VolumeParts } from "./parts.ts";
import { removeHeldVolume } from "./remove.ts";
import { usersOf } from "./users.ts";

/** Removes volumes that no container uses: anonymous ones, with the filter all=true the named ones too. */
export async function pruneVolumes(
  parts: VolumeParts,
  filters: Filters,
): Promise<{ removed: string[]; reclaimed: number }> {
  const { state, files, events } = parts;
  const removed: string[] = [];
  let reclaimed = 0;
  for (const { name } of [...state.volumes.values()].filter((volume) => prunes(volume, filters))) {
    await using _lock = await holdVolumes(parts, [name]);
    if (!state.volumes.has(name) || usersOf(state).has(name)) continue;
    reclaimed += await files.size(name);
    await removeHeldVolume(parts, name);
    removed.push(name);
  }
  events.emit("volume", "prune", { id: "", attributes: { reclaimed: String(reclaimed) } });
  return { removed, reclaimed };
}
