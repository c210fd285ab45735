import type { Log } from "../base/log.ts";
import type { Launcher } from "../contracts/launcher.ts";
import type { Mounts } from "../contracts/mounts.ts";
import type { Streams } from "../contracts/streams.ts";
import type { Exits } from "./exits.ts";
import type { Layout } from "./layout.ts";
import type { OutOfMemory } from "./limits/oom.ts";
import type { LogRotation } from "./logs/log-rotation.ts";
import type { Processes } from "./processes.ts";
import type { Roots } from "./rootfs.ts";
import type { Runc } from "./runc.ts";
import type { Subpaths } from "./volumes/subpaths.ts";
import type { WatchPath } from "./watch-path.ts";

/** What the runtime's operations work with. */
export interface RuntimeParts {
  readonly layout: Layout;
  readonly processes: Processes;
  readonly watch: WatchPath;
  readonly exits: Exits;
  readonly outOfMemory: OutOfMemory;
  readonly roots: Roots;
  readonly subpaths: Subpaths;
  readonly runc: Runc;
  /** Path of the program. */
  readonly conmon: string;
  readonly mounts: Mounts;
  readonly streams: Streams;
  readonly launcher: Launcher;
  readonly rotation: LogRotation;
  /** Containers that runc is making now. */
  readonly creating: Set<string>;
  readonly log: Log;
}
