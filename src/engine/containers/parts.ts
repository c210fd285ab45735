import type { KeyedLock } from "../../base/keyed-lock.ts";
import type { Log } from "../../base/log.ts";
import type { Archive } from "../../contracts/archive.ts";
import type { Images } from "../../contracts/images.ts";
import type { Runtime } from "../../contracts/runtime.ts";
import type { NamespaceDefaults } from "../../model/confinement.ts";
import type { LogConfig } from "../../model/container.ts";
import type { EventHub } from "../events.ts";
import type { ContainerFiles } from "../files/container-files.ts";
import type { Networking } from "../networking.ts";
import type { State } from "../state.ts";
import type { VolumeParts } from "../volumes/parts.ts";
import type { Execs } from "./execs.ts";
import type { HealthMonitors } from "./health/monitors.ts";
import type { Restarts } from "./restarts/restarts.ts";
import type { Waiters } from "./waiters.ts";

/** What src/main hands in. */
export interface ContainerDependencies {
  readonly state: State;
  readonly locks: KeyedLock;
  readonly networking: Networking;
  readonly files: ContainerFiles;
  readonly runtime: Runtime;
  readonly images: Pick<Images, "find" | "writtenBytes">;
  readonly volumes: VolumeParts;
  readonly archive: Archive;
  readonly events: EventHub;
  readonly log: Log;
  /** Of containers that name no log driver. */
  readonly logConfig: LogConfig;
  /** Of containers that say nothing of them. */
  readonly namespaces: NamespaceDefaults;
  /** Where a container's output is kept, for inspect. */
  readonly logPath: (containerId: string) => string;
}

/**
 * What the container use cases work with.
 *
 * Locks, in the order they are taken: the container's name (create and rename only) or its restart, then container ids (a
 * container:NAME one together with its creator, sorted), then volumes, then whatever networking takes. Nobody waits for a container's
 * end under a lock, since the end is written down under it.
 */
export interface ContainerParts extends ContainerDependencies {
  /** Who waits for an end or a removal. */
  readonly waiters: Waiters;
  readonly execs: Execs;
  /** Containers that are being removed by force: no start may come between. */
  readonly removing: Set<string>;
  /** Containers that end only to be started again: autoRemove does not apply. */
  readonly restarting: Set<string>;
  /** Containers whose end a user asked for while the store failed: the record does not say so. */
  readonly stopped: Set<string>;
  /** Containers whose end was told, but could not be written down yet. */
  readonly unrecorded: Set<string>;
  /** Containers that wait to be started again by their policy. */
  readonly restarts: Restarts;
  /** The clock of the health checks. */
  readonly health: HealthMonitors;
}
