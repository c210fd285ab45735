import type { StateChange } from "../state.ts";
import type { VolumeParts } from "./parts.ts";

/** Volumes out of the way, to be removed by one commit. Disposed before gone() they are put back. */
export interface RetiredVolumes extends AsyncDisposable {
  /** To be committed. */
  readonly changes: readonly StateChange[];
  /** Call it once that has been done: nothing brings them back from there on. Removes their files. */
  gone(): Promise<void>;
}

/**
 * Takes volumes their names, before their records go: found after a crash in between, a retired directory whose record
 * is there gets its name back, and one without is nobody's. Under their locks; nobody uses them any more.
 */
export async function retireVolumes(parts: VolumeParts, names: readonly string[]): Promise<RetiredVolumes> {
  const { files, events, state } = parts;
  const drivers = names.map((name) => state.volumes.get(name)?.driver ?? "local");
  let retired: string[] = [];
  const reinstate = async () => {
    for (const name of retired.splice(0)) files.reinstate(name);
  };
  try {
    for (const name of names) {
      await files.unmount(name); // a crash may have left it mounted
      files.retire(name);
      retired.push(name);
    }
  } catch (error) {
    await reinstate();
    throw error;
  }
  return {
    changes: names.map((id) => ({ delete: "volume", id }) as const),
    async gone() {
      retired = [];
      for (const [index, id] of names.entries()) {
        events.emit("volume", "destroy", { id, attributes: { driver: drivers[index] ?? "local" } });
      }
      await Promise.all(names.map((name) => files.erase(name)));
    },
    [Symbol.asyncDispose]: reinstate,
  };
}
