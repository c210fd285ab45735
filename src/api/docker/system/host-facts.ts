import type { LimitKind } from "../../../contracts/limits.ts";
import type { Engine } from "../../../engine/engine.ts";

/** What this host can limit, as GET /info has it. */
export function limitFacts(engine: Engine) {
  const { can, cgroupVersion } = engine.hostLimits();
  return {
    MemoryLimit: can.memory,
    SwapLimit: can.memorySwap,
    CpuCfsPeriod: can.cpuQuota,
    CpuCfsQuota: can.cpuQuota,
    CPUShares: can.cpuShares,
    CPUSet: can.cpuset,
    PidsLimit: can.pids,
    OomKillDisable: can.oomKillDisable,
    CgroupVersion: String(cgroupVersion),
  };
}

/** How containers are kept from the host. Clients before 1.25 know options without "name=". */
export function confinementFacts(engine: Engine, version: number) {
  const { seccomp, apparmor, initPath } = engine.hostConfinement();
  const options = [
    ...(apparmor === "on" ? [["name=apparmor", "apparmor"]] : []),
    ...(seccomp ? [["name=seccomp,profile=builtin", "seccomp"]] : []),
    ["name=cgroupns", "cgroupns"],
  ] as const;
  return {
    InitBinary: initPath.slice(initPath.lastIndexOf("/") + 1),
    SecurityOptions: options.map(([named, plain]) => (version < 25 ? plain : named)),
  };
}

/** Docker's sentences, in its order. */
const missing: readonly [kind: LimitKind, what: string][] = [
  ["memory", "memory limit"],
  ["memorySwap", "swap limit"],
  ["cpuQuota", "cpu cfs quota"],
  ["cpuQuota", "cpu cfs period"],
  ["cpuShares", "cpu shares"],
  ["cpuset", "cpuset"],
  ["pids", "pids limit"],
  ["blkioReadBps", "blkio throttle.read_bps_device"],
  ["blkioWriteBps", "blkio throttle.write_bps_device"],
  ["blkioReadIops", "blkio throttle.read_iops_device"],
  ["blkioWriteIops", "blkio throttle.write_iops_device"],
  ["blkioWeight", "blkio weight"],
];

const withoutParser =
  "WARNING: AppArmor is on, but containers run without a profile: apparmor_parser is not installed (apt-get install apparmor)";

export function limitWarnings(engine: Engine): string[] {
  const { can } = engine.hostLimits();
  const { seccomp, apparmor } = engine.hostConfinement();
  return [
    ...missing.filter(([kind]) => !can[kind]).map(([, what]) => `WARNING: No ${what} support`),
    ...(seccomp ? [] : ["WARNING: No seccomp support: system calls of containers are not filtered"]),
    ...(apparmor === "no-parser" ? [withoutParser] : []),
  ];
}
