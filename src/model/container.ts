import type { PortMapping, PortRequest, Protocol } from "./port.ts";

/** Where a container's root file system comes from. */
export type Rootfs =
  | { readonly kind: "image"; readonly reference: string; readonly imageId: string }
  | { readonly kind: "directory"; readonly path: string }
  /** The host's own root, read-only, under a writable overlay. */
  | { readonly kind: "host" };

export interface Mount {
  readonly type: "bind" | "tmpfs";
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
  readonly options: readonly string[];
  /** Of a bind: a source that does not exist is made, as a directory. */
  readonly makeSource?: boolean;
}

/** How the container's network was asked for (HostConfig.NetworkMode). */
export type NetworkMode =
  | { readonly kind: "networks" }
  | { readonly kind: "host" }
  | { readonly kind: "none" }
  | { readonly kind: "container"; readonly containerId: string };

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
}

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
  /** Ports as published now; empty when stopped. */
  readonly ports: readonly PortMapping[];
}

export const never = "0001-01-01T00:00:00Z";
