import type { Volume } from "../../model/volume.ts";
import type { Filters } from "../engine.ts";
import { createVolume, type VolumeRequest } from "./create.ts";
import { checkVolumeFilters, matchesVolume } from "./filters.ts";
import { findVolume } from "./find.ts";
import type { VolumeParts } from "./parts.ts";
import { pruneVolumes } from "./prune.ts";
import { removeVolume } from "./remove.ts";
import { usersOf } from "./users.ts";

export interface VolumeView {
  readonly volume: Volume;
  readonly mountpoint: string;
}

/** What `docker system df` says of a volume. */
export interface VolumeUsage extends VolumeView {
  /** Bytes on disk. */
  readonly size: number;
  /** Containers that use it, running or not. */
  readonly links: number;
}

/** The use cases of volumes. */
export interface VolumeUseCases {
  create(request: VolumeRequest): Promise<VolumeView>;
  inspect(name: string): VolumeView;
  list(filters: Filters): VolumeView[];
  remove(name: string, options: { force: boolean }): Promise<void>;
  prune(filters: Filters): Promise<{ removed: string[]; reclaimed: number }>;
  /** Every volume with its size, which is measured now. */
  usage(): Promise<VolumeUsage[]>;
}

export function volumeUseCases(parts: VolumeParts): VolumeUseCases {
  const { state, files } = parts;
  const view = (volume: Volume): VolumeView => ({ volume, mountpoint: files.mountpoint(volume.name) });
  return {
    create: async (request) => view(await createVolume(parts, request)),
    inspect: (name) => view(findVolume(state, name)),
    list(filters) {
      checkVolumeFilters(filters);
      const users = usersOf(state);
      const matches = (volume: Volume) => matchesVolume(volume, filters, { inUse: users.has(volume.name) });
      return [...state.volumes.values()].filter(matches).map(view);
    },
    remove: (name, options) => removeVolume(parts, name, options),
    prune: (filters) => pruneVolumes(parts, filters),
    usage: () => usage(parts, view),
  };
}

/** One after the other: two walks over a disk are slower than one. */
async function usage({ state, files }: VolumeParts, view: (volume: Volume) => VolumeView): Promise<VolumeUsage[]> {
  const users = usersOf(state);
  const found: VolumeUsage[] = [];
  for (const volume of [...state.volumes.values()]) {
    const size = await files.size(volume.name);
    found.push({ ...view(volume), size, links: users.get(volume.name)?.length ?? 0 });
  }
  return found;
}
