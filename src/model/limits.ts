/** A resource limit of setrlimit(2), by its name without RLIMIT_ in lower case: "nofile". */
export interface Ulimit {
  readonly name: string;
  /** -1: no limit. */
  readonly soft: number;
  readonly hard: number;
}

/** A limit on one block device (HostConfig.BlkioDevice*): a path of the host, and bytes or operations a second. */
export interface DeviceRate {
  readonly path: string;
  readonly rate: number;
}

/** The share of one block device (HostConfig.BlkioWeightDevice). */
export interface DeviceWeight {
  readonly path: string;
  /** 10 to 1000. */
  readonly weight: number;
}

/** What a container may use of the machine (Docker Engine API: Resources). Absent: no limit; all may be changed live. */
export interface Limits {
  readonly memoryBytes?: number;
  readonly memoryReservationBytes?: number;
  /** Memory and swap together; -1: no limit. Twice the memory when absent, as in Docker. */
  readonly memorySwapBytes?: number;
  /** 0 to 100; cgroup v1 only. */
  readonly memorySwappiness?: number;
  readonly oomKillDisable?: boolean;
  /** Billionths of a CPU; the same as a quota in a period of 100 ms. */
  readonly nanoCpus?: number;
  readonly cpuShares?: number;
  /** Microseconds. */
  readonly cpuPeriodUs?: number;
  readonly cpuQuotaUs?: number;
  readonly cpuRealtimePeriodUs?: number;
  readonly cpuRealtimeRuntimeUs?: number;
  /** "0-2,4". */
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  /** -1: no limit. */
  readonly pidsLimit?: number;
  /** 10 to 1000. */
  readonly blkioWeight?: number;
  readonly blkioWeightDevices?: readonly DeviceWeight[];
  readonly blkioReadBps?: readonly DeviceRate[];
  readonly blkioWriteBps?: readonly DeviceRate[];
  readonly blkioReadIops?: readonly DeviceRate[];
  readonly blkioWriteIops?: readonly DeviceRate[];
  readonly ulimits?: readonly Ulimit[];
}
