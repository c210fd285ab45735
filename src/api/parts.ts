import type { Log } from "../base/log.ts";
import type { LinkCounters } from "../contracts/kernel.ts";
import type { ProgramVersion } from "../contracts/runtime.ts";
import type { Engine } from "../engine/engine.ts";
import type { ImageUseCases } from "../engine/images/use-cases.ts";

/** What the daemon knows of itself: GET /info and GET /version. */
export interface DaemonFacts {
  /** Identity that survives restarts. */
  readonly id: string;
  /** Release of Fairlead. */
  readonly version: string;
  readonly hostname: string;
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly debug: boolean;
  /** RFC 3339. */
  readonly startedAt: string;
  readonly labels: readonly string[];
  /** Of containers that name none. */
  readonly logDriver: string;
  readonly registries: { readonly insecure: readonly string[]; readonly mirrors: readonly string[] };
  /** What containers are run with. */
  programs(): Promise<readonly ProgramVersion[]>;
  /** Names of the network drivers there are now, plugins among them. */
  drivers(): readonly string[];
  readonly addressPools: readonly { readonly base: string; readonly size: number }[];
  /** Sentences a user should know: settings without effect, other firewalls that drop our traffic. */
  warnings(): readonly string[];
  /** Removes everything that was made and ends the daemon. */
  reset(): Promise<void>;
}

/** Numbers for GET /metrics that only other layers can read. */
export interface Telemetry {
  /** Byte and packet counters of an interface in a sandbox; undefined when it is not there. */
  counters(sandboxId: string, ifName: string): LinkCounters | undefined;
  /** Answers of the embedded DNS by source and response code. */
  dns(): Promise<readonly { readonly source: string; readonly rcode: string; readonly count: number }[]>;
  /** Differences the reconciler found since the start, by problem (missing, different, orphan), and how often it ran. */
  reconcile(): { readonly runs: number; readonly differences: Readonly<Record<string, number>> };
  /** The way to endpoints of other hosts: entries written and removed since the start, and addresses known by network name. */
  forwarding(): {
    readonly put: number;
    readonly dropped: number;
    readonly remotes: readonly { readonly network: string; readonly addresses: number }[];
  };
}

/** All the API needs; src/main composes it. */
export interface ApiParts {
  readonly engine: Engine;
  readonly images: ImageUseCases;
  readonly daemon: DaemonFacts;
  readonly telemetry: Telemetry;
  readonly log: Log;
}
