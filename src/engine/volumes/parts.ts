import type { KeyedLock } from "../../base/keyed-lock.ts";
import type { Log } from "../../base/log.ts";
import type { CopyUp, VolumeFiles } from "../../contracts/volume-files.ts";
import type { EventHub } from "../events.ts";
import type { State } from "../state.ts";

/**
 * What the use cases of volumes work with.
 *
 * A volume's lock ("volume NAME", several in sorted order) is taken after a container's and before networking's. Whoever
 * makes, removes, mounts or fills a volume, or writes down a container that uses it, holds it.
 */
export interface VolumeParts {
  readonly state: State;
  readonly locks: KeyedLock;
  readonly events: EventHub;
  readonly files: VolumeFiles;
  readonly copyUp: CopyUp;
  readonly log: Log;
  /** Volume name to ids of the containers it is mounted for now; made anew from what runs at every start. */
  readonly open: Map<string, Set<string>>;
}

/** Holds the locks of volumes. */
export const holdVolumes = ({ locks }: Pick<VolumeParts, "locks">, names: Iterable<string>): Promise<AsyncDisposable> =>
  locks.holdAll([...new Set(names)].map((name) => `volume ${name}`));
