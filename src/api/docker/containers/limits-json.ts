import type { DeviceRate, Limits } from "../../../model/limits.ts";

/** The part of HostConfig that limits, with Docker's zeros for what does not. */
export function limitsJson(limits: Limits = {}) {
  return {
    Memory: limits.memoryBytes ?? 0,
    MemoryReservation: limits.memoryReservationBytes ?? 0,
    MemorySwap: limits.memorySwapBytes ?? 0,
    MemorySwappiness: limits.memorySwappiness ?? null,
    OomKillDisable: limits.oomKillDisable ?? null,
    NanoCpus: limits.nanoCpus ?? 0,
    CpuShares: limits.cpuShares ?? 0,
    CpuPeriod: limits.cpuPeriodUs ?? 0,
    CpuQuota: limits.cpuQuotaUs ?? 0,
    CpuRealtimePeriod: limits.cpuRealtimePeriodUs ?? 0,
    CpuRealtimeRuntime: limits.cpuRealtimeRuntimeUs ?? 0,
    CpusetCpus: limits.cpusetCpus ?? "",
    CpusetMems: limits.cpusetMems ?? "",
    // One that an update has taken away is 0 in Docker.
    PidsLimit: limits.pidsLimit === undefined ? null : Math.max(0, limits.pidsLimit),
    BlkioWeight: limits.blkioWeight ?? 0,
    BlkioWeightDevice: (limits.blkioWeightDevices ?? []).map(({ path, weight }) => ({ Path: path, Weight: weight })),
    BlkioDeviceReadBps: rates(limits.blkioReadBps),
    BlkioDeviceWriteBps: rates(limits.blkioWriteBps),
    BlkioDeviceReadIOps: rates(limits.blkioReadIops),
    BlkioDeviceWriteIOps: rates(limits.blkioWriteIops),
    Ulimits: (limits.ulimits ?? []).map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
  };
}

const rates = (list: readonly DeviceRate[] = []) => list.map(({ path, rate }) => ({ Path: path, Rate: rate }));
