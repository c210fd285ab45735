import type { ApiParts } from "../api/parts.ts";
import type { Log } from "../base/log.ts";
import type { DaemonOptions } from "./daemon-options.ts";

/** Everything below the API, running: what src/main/compose.ts puts together. */
export interface Composition extends Omit<ApiParts, "log"> {
  /** Lets go of sockets, threads and the store. Containers and their networks go on. */
  stop(): Promise<void>;
}

export type Compose = (options: DaemonOptions, log: Log) => Promise<Composition>;
