import type { Container, Mount } from "../../model/container.ts";
import { needsMount, type Volume } from "../../model/volume.ts";
import type { StateChange } from "../state.ts";
import { newVolume, sameOptions, settleVolume } from "./create.ts";
import { holdVolumes, type VolumeParts } from "./parts.ts";
import { volumesOf } from "./users.ts";

/** Volumes of a container that is being made. Disposed without settle() the new ones are gone again. */
export interface PreparedVolumes extends AsyncDisposable {
  /** To be committed with the container, so that no volume is there for nobody. */
  readonly changes: readonly StateChange[];
  /** Call it once that has been done. */
  settle(): void;
}

/**
 * Makes the volumes that a new container's mounts name and that are not there, and fills what is empty with what the
 * container's root has at the place. Holds their locks until disposed. A crash before the commit leaves staged
 * directories, which the next start removes, and one after it leaves them for the next start to name.
 */
export async function prepareVolumes(parts: VolumeParts, container: Container): Promise<PreparedVolumes> {
  await using held = new AsyncDisposableStack();
  held.use(await holdVolumes(parts, volumesOf(container)));
  const made = newVolumes(parts, container.config.mounts);
  held.defer(async () => {
    for (const { name } of made.splice(0)) await parts.files.erase(name);
  });
  const places = new Map(made.map(({ name }) => [name, parts.files.stage(name)]));
  for (const mount of container.config.mounts) await fill(parts, container, mount, places);
  const rest = held.move();
  return {
    changes: made.map((value) => ({ put: "volume", id: value.name, value }) as const),
    settle() {
      for (const volume of made.splice(0)) settleVolume(parts, volume);
    },
    [Symbol.asyncDispose]: () => rest.disposeAsync(),
  };
}

/** Two mounts may name the same volume: it is made once. */
function newVolumes({ state }: VolumeParts, mounts: readonly Mount[]): Volume[] {
  const made = new Map<string, Volume>();
  for (const { type, source, volume = {} } of mounts) {
    if (type !== "volume") continue;
    const { labels, options, anonymous } = volume;
    const asked = { ...(labels ? { labels } : {}), ...(options ? { options } : {}) };
    const there = state.volumes.get(source) ?? made.get(source);
    const wanted = newVolume({ name: source, driver: volume.driver ?? "", anonymous: anonymous ?? false, ...asked });
    if (there) sameOptions(there, asked);
    else made.set(source, wanted);
  }
  return [...made.values()];
}

/** One that has a file system of its own is filled when that is first mounted: see open.ts. */
async function fill(
  { files, copyUp, state }: VolumeParts,
  { config: { rootfs } }: Container,
  { type, source, target, volume }: Mount,
  staged: ReadonlyMap<string, string>,
): Promise<void> {
  if (type !== "volume" || volume?.noCopy || volume?.subpath) return;
  const record = state.volumes.get(source);
  const place = staged.get(source);
  if (place !== undefined) return copyUp.copyUp({ rootfs, path: target }, place);
  if (!record || needsMount(record)) return;
  await files.fill(source, (directory) => copyUp.copyUp({ rootfs, path: target }, directory));
}
