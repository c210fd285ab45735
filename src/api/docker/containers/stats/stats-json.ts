import type { LinkCounters } from "../../../../contracts/kernel.ts";
import type { Usage } from "../../../../contracts/limits.ts";
import { never } from "../../../../model/container.ts";
import type { Sample } from "./sampler.ts";

/** Docker's container.StatsResponse; `before` is the sample that the clients compare with. */
export function statsJson(sample: Sample, before?: Sample) {
  const { usage, networks } = sample;
  const shown = Object.entries(networks).map(([name, counters]) => [name, networkJson(counters)]);
  return {
    name: `/${sample.name}`,
    id: sample.id,
    read: usage ? sample.at.toISOString() : never,
    preread: before?.usage ? before.at.toISOString() : never,
    pids_stats: usage ? usage.pids : {},
    blkio_stats: blkioJson(usage),
    num_procs: 0,
    storage_stats: {},
    cpu_stats: cpuJson(usage),
    precpu_stats: cpuJson(before?.usage),
    memory_stats: memoryJson(usage),
    ...(shown.length > 0 ? { networks: Object.fromEntries(shown) } : {}),
  };
}

function cpuJson(usage: Usage | undefined) {
  const { totalNs, userNs, systemNs, perCpuNs = [], machineNs, onlineCpus, ...throttling } = usage?.cpu ?? noCpu;
  return {
    cpu_usage: {
      total_usage: totalNs,
      ...(perCpuNs.length > 0 ? { percpu_usage: perCpuNs } : {}),
      usage_in_kernelmode: systemNs,
      usage_in_usermode: userNs,
    },
    ...(usage ? { system_cpu_usage: machineNs, online_cpus: onlineCpus } : {}),
    throttling_data: {
      periods: throttling.periods,
      throttled_periods: throttling.throttledPeriods,
      throttled_time: throttling.throttledNs,
    },
  };
}

const noCpu: Usage["cpu"] = {
  ...{ totalNs: 0, userNs: 0, systemNs: 0, perCpuNs: [], machineNs: 0, onlineCpus: 0 },
  ...{ periods: 0, throttledPeriods: 0, throttledNs: 0 },
};

/** The clients take (total_)inactive_file of `stats` off the usage: page cache that can be had back. */
function memoryJson(usage: Usage | undefined) {
  if (!usage) return {};
  const { usage: used, maxUsage, failures, limit, stat } = usage.memory;
  return {
    usage: used,
    ...(maxUsage ? { max_usage: maxUsage } : {}),
    stats: stat,
    ...(failures ? { failcnt: failures } : {}),
    limit,
  };
}

const blkioJson = (usage: Usage | undefined) => ({
  io_service_bytes_recursive: usage?.blkio.bytes ?? null,
  io_serviced_recursive: usage?.blkio.operations ?? null,
  ...{ io_queue_recursive: null, io_service_time_recursive: null, io_wait_time_recursive: null },
  ...{ io_merged_recursive: null, io_time_recursive: null, sectors_recursive: null },
});

const networkJson = (counters: LinkCounters) => ({
  rx_bytes: counters.rxBytes,
  rx_packets: counters.rxPackets,
  rx_errors: counters.rxErrors,
  rx_dropped: counters.rxDropped,
  tx_bytes: counters.txBytes,
  tx_packets: counters.txPackets,
  tx_errors: counters.txErrors,
  tx_dropped: counters.txDropped,
});
