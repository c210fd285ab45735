import type { Container } from "../../model/container.ts";
import type { VolumeParts } from "./parts.ts";
import { volumesOf } from "./users.ts";

/**
 * Brings the directories in line with the records, after the daemon was away: the record decides. Before containers are
 * restored, and before anything is served, so without locks. One that cannot be put right does not keep the daemon down.
 */
export async function restoreVolumes({ files, state, log }: VolumeParts): Promise<void> {
  const { settled, staged, retired } = files.names();
  const attempt = async (volume: string, step: () => unknown) => {
    try {
      await step();
    } catch (err) {
      log.error({ err, volume }, "cannot restore a volume");
    }
  };
  for (const name of staged)
    await attempt(name, () => (state.volumes.has(name) ? files.settle(name) : files.erase(name)));
  // One that could not be erased may be left of an earlier volume of the name.
  const isAway = (name: string) => state.volumes.has(name) && !settled.includes(name) && !staged.includes(name);
  for (const name of retired) await attempt(name, () => (isAway(name) ? files.reinstate(name) : files.erase(name)));
  for (const volume of settled.filter((name) => !state.volumes.has(name))) {
    // Perhaps a user's, copied here from elsewhere: never removed.
    log.warn({ volume }, "a directory among the volumes belongs to none: create a volume of its name to take it over");
  }
}

/** Counts who uses what from the containers that run, and unmounts what nobody does. */
export async function restoreVolumeUse(parts: VolumeParts, running: readonly Container[]): Promise<void> {
  const { open, files, log } = parts;
  open.clear();
  for (const container of running) {
    for (const name of volumesOf(container)) open.set(name, (open.get(name) ?? new Set()).add(container.id));
  }
  for (const name of files.mounted().filter((mounted) => !open.has(mounted))) {
    await files.unmount(name).catch((err: unknown) => log.error({ err, volume: name }, "cannot unmount a volume"));
  }
}
