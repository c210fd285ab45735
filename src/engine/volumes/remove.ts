import { EngineError } from "../../base/errors.ts";
import { findVolume } from "./find.ts";
import { holdVolumes, type VolumeParts } from "./parts.ts";
import { retireVolumes } from "./retire.ts";
import { usersOf } from "./users.ts";

/** Removes a volume that no container uses. By force one that is not there is no error; one in use stays all the same. */
export async function removeVolume(parts: VolumeParts, name: string, { force }: { force: boolean }): Promise<void> {
  await using _lock = await holdVolumes(parts, [name]);
  if (force && !parts.state.volumes.has(name)) return;
  findVolume(parts.state, name);
  const users = usersOf(parts.state).get(name) ?? [];
  if (users.length > 0) throw new EngineError("VOLUME_IN_USE", { volume: name, containers: users.map(({ id }) => id) });
  await removeHeldVolume(parts, name);
}

/** Under its lock; nobody uses it. */
export async function removeHeldVolume(parts: VolumeParts, name: string): Promise<void> {
  await using retired = await retireVolumes(parts, [name]);
  parts.state.commit(retired.changes);
  await retired.gone();
}
