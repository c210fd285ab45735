import { existsSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import type { HostLimits, LimitKind } from "../../contracts/limits.ts";
import { findHierarchy, type Hierarchy } from "./hierarchy.ts";
import { textOf } from "./read-file.ts";

/** Version 1: the controller and the file without which a limit cannot be set; Documentation/admin-guide/cgroup-v1. */
const filesOfVersion1: Readonly<Record<LimitKind, readonly [controller: string, file: string]>> = {
  memory: ["memory", "memory.limit_in_bytes"],
  memorySwap: ["memory", "memory.memsw.limit_in_bytes"],
  memoryReservation: ["memory", "memory.soft_limit_in_bytes"],
  memorySwappiness: ["memory", "memory.swappiness"],
  oomKillDisable: ["memory", "memory.oom_control"],
  cpuShares: ["cpu", "cpu.shares"],
  cpuQuota: ["cpu", "cpu.cfs_quota_us"],
  cpuRealtime: ["cpu", "cpu.rt_runtime_us"],
  cpuset: ["cpuset", "cpuset.cpus"],
  pids: ["pids", "cgroup.procs"],
  blkioWeight: ["blkio", "blkio.weight"],
  blkioWeightDevice: ["blkio", "blkio.weight_device"],
  blkioReadBps: ["blkio", "blkio.throttle.read_bps_device"],
  blkioWriteBps: ["blkio", "blkio.throttle.write_bps_device"],
  blkioReadIops: ["blkio", "blkio.throttle.read_iops_device"],
  blkioWriteIops: ["blkio", "blkio.throttle.write_iops_device"],
};

/** Version 2: the controller, or nothing where this version has no such limit; Documentation/admin-guide/cgroup-v2.rst. */
const controllersOfVersion2: Readonly<Record<LimitKind, string | undefined>> = {
  memory: "memory",
  memorySwap: "memory",
  memoryReservation: "memory",
  memorySwappiness: undefined,
  oomKillDisable: undefined,
  cpuShares: "cpu",
  cpuQuota: "cpu",
  cpuRealtime: undefined,
  cpuset: "cpuset",
  pids: "pids",
  blkioWeight: "io",
  blkioWeightDevice: "io",
  blkioReadBps: "io",
  blkioWriteBps: "io",
  blkioReadIops: "io",
  blkioWriteIops: "io",
};

/** What the control groups of this host can limit, looked up now. */
export function readHostLimits(hierarchy: Hierarchy = findHierarchy()): HostLimits {
  const cpuset = hierarchy.version === 2 ? hierarchy.root : (hierarchy.controllers["cpuset"] ?? "");
  const first = (...names: string[]) => names.map((name) => textOf(join(cpuset, name))).find(Boolean);
  const cpuCount = cpus().length;
  return {
    cgroupVersion: hierarchy.version,
    can: hierarchy.version === 2 ? version2(hierarchy.root) : version1(hierarchy.controllers),
    cpuCount,
    cpus: first("cpuset.cpus.effective", "cpuset.effective_cpus") ?? `0-${cpuCount - 1}`,
    mems: first("cpuset.mems.effective", "cpuset.effective_mems") ?? "0",
  };
}

function version1(controllers: Readonly<Record<string, string>>): Record<LimitKind, boolean> {
  const known = Object.entries(filesOfVersion1).map(([kind, [controller, file]]) => {
    const root = controllers[controller];
    return [kind, root !== undefined && existsSync(join(root, file))];
  });
  return Object.fromEntries(known) as Record<LimitKind, boolean>;
}

function version2(root: string): Record<LimitKind, boolean> {
  const there = (textOf(join(root, "cgroup.controllers")) ?? "").split(" ");
  const known = Object.entries(controllersOfVersion2).map(([kind, controller]) => [
    kind,
    controller !== undefined && there.includes(controller),
  ]);
  return Object.fromEntries(known) as Record<LimitKind, boolean>;
}
