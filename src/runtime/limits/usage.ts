import { totalmem } from "node:os";
import { join } from "node:path";
import type { BlkioCount, Usage } from "../../contracts/limits.ts";
import { type ContainerCgroup, folderOf } from "./container-cgroup.ts";
import { numberIn, tableIn, textOf } from "./read-file.ts";

/** Ticks of USER_HZ in cpuacct.stat: 100 a second on every architecture that we run on. */
const nsPerTick = 10_000_000;
const nsPerUs = 1000;

/** What the control groups of a container have counted. */
export function readUsage(cgroup: ContainerCgroup): Usage {
  const { "": unified, ...byController } = cgroup;
  return Object.keys(byController).length === 0 && unified !== undefined ? version2(unified) : version1(cgroup);
}

/** Documentation/admin-guide/cgroup-v1/{cpuacct,memory,pids,blkio-controller}.rst. */
function version1(cgroup: ContainerCgroup): Usage {
  const at = (controller: string, file: string): string => join(folderOf(cgroup, controller) ?? "/nonexistent", file);
  const ticks = tableIn(at("cpuacct", "cpuacct.stat"));
  const perCpu = textOf(at("cpuacct", "cpuacct.usage_percpu")) ?? "";
  const bandwidth = tableIn(at("cpu", "cpu.stat"));
  const pidsLimit = numberIn(at("pids", "pids.max"));
  return {
    cpu: {
      totalNs: numberIn(at("cpuacct", "cpuacct.usage")) ?? 0,
      userNs: (ticks["user"] ?? 0) * nsPerTick,
      systemNs: (ticks["system"] ?? 0) * nsPerTick,
      perCpuNs: perCpu === "" ? [] : perCpu.split(" ").map(Number),
      periods: bandwidth["nr_periods"] ?? 0,
      throttledPeriods: bandwidth["nr_throttled"] ?? 0,
      throttledNs: bandwidth["throttled_time"] ?? 0,
      ...machineTime(),
    },
    memory: {
      usage: numberIn(at("memory", "memory.usage_in_bytes")) ?? 0,
      maxUsage: numberIn(at("memory", "memory.max_usage_in_bytes")) ?? 0,
      failures: numberIn(at("memory", "memory.failcnt")) ?? 0,
      limit: memoryLimit(numberIn(at("memory", "memory.limit_in_bytes"))),
      stat: tableIn(at("memory", "memory.stat")),
    },
    pids: {
      current: numberIn(at("pids", "pids.current")) ?? 0,
      ...(pidsLimit === undefined ? {} : { limit: pidsLimit }),
    },
    blkio: {
      bytes: blkioLines(textOf(at("blkio", "blkio.throttle.io_service_bytes_recursive"))),
      operations: blkioLines(textOf(at("blkio", "blkio.throttle.io_serviced_recursive"))),
    },
  };
}

/** Documentation/admin-guide/cgroup-v2.rst. */
function version2(folder: string): Usage {
  const cpu = tableIn(join(folder, "cpu.stat"));
  const pidsLimit = numberIn(join(folder, "pids.max"));
  const io = textOf(join(folder, "io.stat")) ?? "";
  return {
    cpu: {
      totalNs: (cpu["usage_usec"] ?? 0) * nsPerUs,
      userNs: (cpu["user_usec"] ?? 0) * nsPerUs,
      systemNs: (cpu["system_usec"] ?? 0) * nsPerUs,
      perCpuNs: [],
      periods: cpu["nr_periods"] ?? 0,
      throttledPeriods: cpu["nr_throttled"] ?? 0,
      throttledNs: (cpu["throttled_usec"] ?? 0) * nsPerUs,
      ...machineTime(),
    },
    memory: {
      usage: numberIn(join(folder, "memory.current")) ?? 0,
      limit: memoryLimit(numberIn(join(folder, "memory.max"))),
      stat: tableIn(join(folder, "memory.stat")),
    },
    pids: {
      current: numberIn(join(folder, "pids.current")) ?? 0,
      ...(pidsLimit === undefined ? {} : { limit: pidsLimit }),
    },
    blkio: {
      bytes: ioLines(io, { read: "rbytes", write: "wbytes" }),
      operations: ioLines(io, { read: "rios", write: "wios" }),
    },
  };
}

/** proc_stat(5): user, nice, system, idle, iowait, irq and softirq of all processors, in ticks; as Docker adds them up. */
function machineTime(text = textOf("/proc/stat") ?? ""): { machineNs: number; onlineCpus: number } {
  const [, all = ""] = /^cpu +(.*)$/m.exec(text) ?? [];
  const ticks = all.split(" ").slice(0, 7).map(Number);
  const machineNs = ticks.reduce((sum, value) => sum + value, 0) * nsPerTick;
  return { machineNs, onlineCpus: [...text.matchAll(/^cpu\d+ /gm)].length };
}

/** No limit is shown as the memory of the machine, as Docker has it; version 1 has a huge number for none. */
const memoryLimit = (limit: number | undefined): number => Math.min(limit ?? Number.POSITIVE_INFINITY, totalmem());

/** "8:0 Read 4096". */
function blkioLines(text = ""): BlkioCount[] {
  return text.split("\n").flatMap((line) => {
    const [, major, minor, op = "", value] = /^(\d+):(\d+) (\w+) (\d+)$/.exec(line) ?? [];
    return value === undefined
      ? []
      : [{ major: Number(major), minor: Number(minor), op: op.toLowerCase(), value: Number(value) }];
  });
}

/** "8:0 rbytes=4096 wbytes=0 rios=1 ...". */
function ioLines(text: string, keys: Readonly<Record<string, string>>): BlkioCount[] {
  return text.split("\n").flatMap((line) => {
    const [device = "", ...pairs] = line.split(" ");
    const [major, minor] = device.split(":").map(Number);
    if (major === undefined || minor === undefined) return [];
    const counts = Object.fromEntries(pairs.map((pair) => pair.split("=")));
    return Object.entries(keys).map(([op, key]) => ({ major, minor, op, value: Number(counts[key] ?? 0) }));
  });
}
