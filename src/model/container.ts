import type { Confinement, NamespaceModes } from "./confinement.ts";
import type { Health, Healthcheck } from "./health.ts";
import type { Limits } from "./limits.ts";
import type { PortMapping, PortRequest, Protocol } from "./port.ts";
import type { VolumeUse } from "./volume.ts";

/** Where a container's root file system comes from. */
export type Rootfs =
  | { readonly kind: "image"; readonly reference: string; readonly imageId: string }
  | { readonly kind: "directory"; readonly path: string }
  /** The host's own root, read-only, under a writable overlay. */
  | { readonly kind: "host" };

export interface Mount {
  readonly type: "bind" | "tmpfs" | "volume";
  /** Of a bind: a path of the host; of a volume: its name, "" in a request for one that is made with the container. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly options: readonly string[];
  /** Of a bind: a source that does not exist is made, as a directory. */
  readonly makeSource?: boolean;
  /** What stood behind the last colon of -v, for inspect. */
  readonly mode?: string;
  /** Of a volume. */
  readonly volume?: VolumeUse;
  /** Of a read-only bind: "never" leaves what is mounted below writable, "always" fails where that cannot be read-only too. */
  readonly readOnlyBelow?: "never" | "always";
  /** Of a tmpfs: it came by --tmpfs, which inspect does not count among the mounts. */
  readonly unlisted?: boolean;
}

/** What was asked for in the way of storage, word for word: inspect shows it. */
export interface StorageRequest {
  readonly binds?: readonly string[];
  /** Docker's Mount objects. */
  readonly mounts?: readonly unknown[];
  /** "CONTAINER[:ro|:rw]". */
  readonly volumesFrom?: readonly string[];
  /** Targets of anonymous volumes: -v /path, and VOLUME of the image. */
  readonly volumes?: readonly string[];
  readonly volumeDriver?: string;
}

/** How the container's network was asked for (HostConfig.NetworkMode). */
export type NetworkMode =
  | { readonly kind: "networks" }
  | { readonly kind: "host" }
  | { readonly kind: "none" }
  | { readonly kind: "container"; readonly containerId: string };

/** What is done when a container ends by itself (Docker Engine API: RestartPolicy). */
export interface RestartPolicy {
  readonly name: "no" | "always" | "unless-stopped" | "on-failure";
  /** Of on-failure; 0: as often as it takes. */
  readonly maximumRetryCount: number;
}

export interface LogConfig {
  /** "json-file", "local" or "none"; "" in a request: the daemon's own. */
  readonly type: string;
  readonly options: Readonly<Record<string, string>>;
}

export interface ContainerConfig {
  readonly rootfs: Rootfs;
  /** What to run: entrypoint and command joined. */
  readonly args: readonly string[];
  readonly entrypoint: readonly string[];
  readonly command: readonly string[];
  /** "K=V". */
  readonly env: readonly string[];
  readonly workingDir: string;
  /** "", "uid", "uid:gid" or names looked up in the container's /etc/passwd. */
  readonly user: string;
  readonly tty: boolean;
  readonly openStdin: boolean;
  readonly hostname: string;
  readonly domainname: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly privileged: boolean;
  readonly readonlyRootfs: boolean;
  readonly autoRemove: boolean;
  /** Signal name or number, and seconds before SIGKILL. */
  readonly stopSignal: string;
  readonly stopTimeoutSeconds: number;
  readonly networkMode: NetworkMode;
  /** What the user wrote, as `docker inspect` shows it in HostConfig.NetworkMode. */
  readonly networkModeText: string;
  readonly exposed: readonly { readonly protocol: Protocol; readonly port: number }[];
  readonly publish: readonly PortRequest[];
  readonly publishAll: boolean;
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
  /** "name:address", address may be "host-gateway". */
  readonly extraHosts: readonly string[];
  // Absent below: Docker's default, which is also what records of earlier releases mean.
  /** True: the input ends with the first client that was attached to it. */
  readonly stdinOnce?: boolean;
  /** Config.NetworkDisabled: its networkMode is none, whatever networkModeText says. */
  readonly networkDisabled?: boolean;
  /** Asked for before API 1.44: a MAC address of the container, which has it on its main network whenever it joins that. */
  readonly mac?: string;
  /** Which streams its creator attaches to: shown by inspect. */
  readonly attached?: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** Of its terminal when it starts, in characters. */
  readonly consoleSize?: { readonly rows: number; readonly columns: number };
  /** Fields of a client's Config and HostConfig that only inspect shows, as they were sent. */
  readonly given?: {
    readonly config: Readonly<Record<string, unknown>>;
    readonly hostConfig: Readonly<Record<string, unknown>>;
  };
  readonly restartPolicy?: RestartPolicy;
  readonly healthcheck?: Healthcheck;
  readonly logConfig?: LogConfig;
  readonly limits?: Limits;
  readonly confinement?: Confinement;
  readonly namespaces?: NamespaceModes;
  /** Runs the command below an init process that reaps and passes signals on. */
  readonly init?: boolean;
  readonly storage?: StorageRequest;
}

/** "paused" and "restarting" (between two runs) come on top of running and exited: ContainerState.paused, .restarting. */
export type ContainerStatus = "created" | "running" | "exited";

export interface ContainerState {
  readonly status: ContainerStatus;
  /** Of the container's init process, 0 when not running. */
  readonly pid: number;
  readonly exitCode: number;
  /** RFC 3339; "0001-01-01T00:00:00Z" for never, as Docker has it. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** Why the last start failed; "" otherwise. */
  readonly error: string;
  /** True from a user's stop or kill until the next start. */
  readonly stoppedByUser: boolean;
  /** Its processes are frozen. */
  readonly paused?: boolean;
  /** It has ended and its restart policy is about to start it again. */
  readonly restarting?: boolean;
  /** Restarts by the policy since the user's last start. */
  readonly restartCount?: number;
  /** How long it waited, or waits, before the last of them: from `finishedAt` on. */
  readonly restartDelayMs?: number;
  /** The kernel ended a process of its last run for want of memory. */
  readonly oomKilled?: boolean;
  /** Of a running one with a health check, and after its end the last known. */
  readonly health?: Health;
}

/** A container and what it has: stored as JSON under its id. Endpoints are stored beside it, not inside. */
export interface Container {
  readonly id: string;
  readonly name: string;
  readonly created: string;
  readonly config: ContainerConfig;
  readonly state: ContainerState;
  /** The sandbox it runs in: its own id, or its creator's for container:NAME; absent for host mode and when stopped. */
  readonly sandboxId?: string;
  /** Legacy links, while it is off the default bridge; otherwise they are its endpoint's there. */
  readonly partedLinks?: readonly string[];
  /** Ports as published now; empty when stopped. */
  readonly ports: readonly PortMapping[];
}

export const never = "0001-01-01T00:00:00Z";
