import type { HostLimits, LimitKind } from "../../../contracts/limits.ts";
import type { Limits } from "../../../model/limits.ts";

/** What the control groups cannot do: which fields go, and what the user is told, in Docker's words. */
const discards: readonly [kind: LimitKind, fields: readonly (keyof Limits)[], warning: string][] = [
  [
    "memory",
    ["memoryBytes", "memorySwapBytes"],
    "Your kernel does not support memory limit capabilities or the cgroup is not mounted. Limitation discarded.",
  ],
  [
    "memorySwap",
    ["memorySwapBytes"],
    "Your kernel does not support swap limit capabilities or the cgroup is not mounted. Memory limited without swap.",
  ],
  [
    "memorySwappiness",
    ["memorySwappiness"],
    "Your kernel does not support memory swappiness capabilities or the cgroup is not mounted. Memory swappiness discarded.",
  ],
  [
    "memoryReservation",
    ["memoryReservationBytes"],
    "Your kernel does not support memory soft limit capabilities or the cgroup is not mounted. Limitation discarded.",
  ],
  ["oomKillDisable", ["oomKillDisable"], "Your kernel does not support OomKillDisable. OomKillDisable discarded."],
  [
    "pids",
    ["pidsLimit"],
    "Your kernel does not support PIDs limit capabilities or the cgroup is not mounted. PIDs limit discarded.",
  ],
  [
    "cpuShares",
    ["cpuShares"],
    "Your kernel does not support CPU shares or the cgroup is not mounted. Shares discarded.",
  ],
  [
    "cpuQuota",
    ["nanoCpus", "cpuPeriodUs", "cpuQuotaUs"],
    "Your kernel does not support CPU CFS scheduler or the cgroup is not mounted. Quota discarded.",
  ],
  [
    "cpuRealtime",
    ["cpuRealtimePeriodUs", "cpuRealtimeRuntimeUs"],
    "Your kernel does not support CPU real-time scheduler or the cgroup is not mounted. Real-time limits discarded.",
  ],
  [
    "cpuset",
    ["cpusetCpus", "cpusetMems"],
    "Your kernel does not support cpuset or the cgroup is not mounted. Cpuset discarded.",
  ],
  [
    "blkioWeight",
    ["blkioWeight"],
    "Your kernel does not support Block I/O weight or the cgroup is not mounted. Weight discarded.",
  ],
  [
    "blkioWeightDevice",
    ["blkioWeightDevices"],
    "Your kernel does not support Block I/O weight_device or the cgroup is not mounted. Weight-device discarded.",
  ],
  ...(["Read", "Write"] as const).flatMap((way) =>
    (["Bps", "Iops"] as const).map((unit): [LimitKind, (keyof Limits)[], string] => {
      const kind = `blkio${way}${unit}` as const;
      const [shown, verb] = [unit === "Bps" ? "BPS" : "IOPS", way.toLowerCase()];
      return [
        kind,
        [kind],
        `Your kernel does not support ${shown} Block I/O ${verb} limit or the cgroup is not mounted. Block I/O ${shown} ${verb} limit discarded.`,
      ];
    }),
  ),
];

/** The limits that this host can apply, and what is to be said of the others. */
export function discardUnsupported(limits: Limits, { can }: HostLimits): { limits: Limits; warnings: string[] } {
  const kept: Partial<Record<keyof Limits, unknown>> = { ...limits };
  const warnings: string[] = [];
  for (const [kind, fields, warning] of discards) {
    // -1 asks for no limit, which needs no support.
    const asked = fields.filter((field) => kept[field] !== undefined && kept[field] !== -1);
    if (can[kind] || asked.length === 0) continue;
    warnings.push(warning);
    for (const field of fields) delete kept[field];
  }
  if (kept.oomKillDisable && kept.memoryBytes === undefined) warnings.push(noLimitWarning);
  return { limits: kept as Limits, warnings };
}

const noLimitWarning =
  "OOM killer is disabled for the container, but no memory limit is set, this can result in the system running out of resources.";
