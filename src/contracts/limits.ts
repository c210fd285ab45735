import type { Limits } from "../model/limits.ts";

/** Limits that a host's control groups may or may not know: each is one of Limits, or several that go together. */
export type LimitKind =
  | "memory"
  | "memorySwap"
  | "memoryReservation"
  | "memorySwappiness"
  | "oomKillDisable"
  | "cpuShares"
  | "cpuQuota"
  | "cpuRealtime"
  | "cpuset"
  | "pids"
  | "blkioWeight"
  | "blkioWeightDevice"
  | "blkioReadBps"
  | "blkioWriteBps"
  | "blkioReadIops"
  | "blkioWriteIops";

/** What this host can limit, and among what. */
export interface HostLimits {
  /** Of the control groups that containers are limited by. */
  readonly cgroupVersion: 1 | 2;
  readonly can: Readonly<Record<LimitKind, boolean>>;
  /** Processors, and as a list those that containers may be put on: "0-3". */
  readonly cpuCount: number;
  readonly cpus: string;
  /** Memory nodes: "0". */
  readonly mems: string;
}

/** How containers are kept from the host, as GET /info tells. */
export interface HostConfinement {
  readonly seccomp: boolean;
  /** "on": containers run under a profile, unless they are privileged or ask for none; "no-parser": none can be loaded. */
  readonly apparmor: "on" | "off" | "no-parser";
  /** An init process for containers; "" without one. */
  readonly initPath: string;
  /** What is hidden from containers that are not privileged, unless they say otherwise, and what is read-only. */
  readonly maskedPaths: readonly string[];
  readonly readonlyPaths: readonly string[];
}

/** What a container uses now, and has used since its start. Counters in bytes, times in nanoseconds. */
export interface Usage {
  readonly cpu: {
    readonly totalNs: number;
    readonly userNs: number;
    readonly systemNs: number;
    /** cgroup v1 only. */
    readonly perCpuNs: readonly number[];
    readonly periods: number;
    readonly throttledPeriods: number;
    readonly throttledNs: number;
    /** Of the whole machine, idle time included, and its processors: what the times are to be compared with. */
    readonly machineNs: number;
    readonly onlineCpus: number;
  };
  readonly memory: {
    readonly usage: number;
    /** cgroup v1 only: the largest usage, and how often the limit was hit. */
    readonly maxUsage?: number;
    readonly failures?: number;
    /** The machine's memory without a limit. */
    readonly limit: number;
    /** memory.stat of the control group. */
    readonly stat: Readonly<Record<string, number>>;
  };
  readonly pids: { readonly current: number /** undefined: no limit. */; readonly limit?: number };
  /** Bytes and operations by device and kind. */
  readonly blkio: {
    readonly bytes: readonly BlkioCount[];
    readonly operations: readonly BlkioCount[];
  };
}

export interface BlkioCount {
  readonly major: number;
  readonly minor: number;
  /** "read", "write". */
  readonly op: string;
  readonly value: number;
}

/** Columns of ps(1) and a row for each process; what follows the last column's title is one cell. */
export interface ProcessList {
  readonly titles: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The part of the runtime that limits containers and says what they use. */
export interface LimitedRuntime {
  hostLimits(): HostLimits;
  hostConfinement(): HostConfinement;
  /** Puts limits on a running container; all of them, also those that stay. Throws with the kernel's reason, then nothing changes. */
  limit(containerId: string, limits: Limits): Promise<void>;
  /** Undefined when it does not run. */
  usage(containerId: string): Usage | undefined;
  /** What the host's ps(1) says of its processes with these arguments. Throws INVALID with ps's own words. */
  processList(containerId: string, psArguments: readonly string[]): Promise<ProcessList>;
}
