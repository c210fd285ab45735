/** A device node of the host given to a container (HostConfig.Devices). */
export interface DeviceGrant {
  readonly pathOnHost: string;
  readonly pathInContainer: string;
  /** Letters of "rwm". */
  readonly permissions: string;
}

/**
 * How far a container is kept from the host beside its namespaces and capabilities (HostConfig.SecurityOpt and its
 * neighbours). Absent fields: Docker's defaults.
 */
export interface Confinement {
  /** "default", "unconfined", or a profile as JSON text in Docker's format. */
  readonly seccomp?: string;
  /** Name of a loaded AppArmor profile, or "unconfined". */
  readonly apparmor?: string;
  readonly noNewPrivileges?: boolean;
  /** Whether the control groups it sees may be changed; absent: when it is privileged. */
  readonly writableCgroups?: boolean;
  /** As the user wrote them, for inspect. */
  readonly securityOpt?: readonly string[];
  readonly devices?: readonly DeviceGrant[];
  /** "c 10:200 rwm". */
  readonly deviceCgroupRules?: readonly string[];
  /** Names or numbers of groups beside the user's own. */
  readonly groupAdd?: readonly string[];
  /** undefined: Docker's list; empty: none (systempaths=unconfined). */
  readonly maskedPaths?: readonly string[];
  readonly readonlyPaths?: readonly string[];
  /** -1000 to 1000. */
  readonly oomScoreAdj?: number;
}

/** Of /dev/shm when nothing was said: Docker's --shm-size. */
export const defaultShmBytes = 64 * 1024 * 1024;

/** What the daemon's settings put in the place of a namespace of its own; absent: that. */
export interface NamespaceDefaults {
  readonly ipc?: "shareable";
  readonly cgroup?: "host";
}

/** Which namespaces are a container's own. Absent: its own. "container:<id>": that container's. */
export interface NamespaceModes {
  readonly pid?: "host" | `container:${string}`;
  readonly ipc?: "host" | "none" | "shareable" | "private" | `container:${string}`;
  readonly uts?: "host";
  /** Always the host's; there when it was asked for. */
  readonly user?: "host";
  readonly cgroup?: "host" | "private";
  /** Bytes of /dev/shm; 64 MiB when absent. */
  readonly shmSizeBytes?: number;
  /** Path of the parent control group. */
  readonly cgroupParent?: string;
}
