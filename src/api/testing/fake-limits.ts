import type { HostConfinement, HostLimits, ProcessList, Usage } from "../../contracts/limits.ts";

/** What the fake engine says of limits and use; tests replace it. */
export class FakeLimits {
  /** What update() warns of. */
  warnings: string[] = [];
  /** What every running container uses. */
  used: Usage = {
    cpu: {
      ...{ totalNs: 0, userNs: 0, systemNs: 0, perCpuNs: [], periods: 0, throttledPeriods: 0, throttledNs: 0 },
      ...{ machineNs: 0, onlineCpus: 2 },
    },
    memory: { usage: 0, limit: 0, stat: {} },
    pids: { current: 0 },
    blkio: { bytes: [], operations: [] },
  };
  processes: ProcessList = { titles: ["PID", "CMD"], rows: [["1", "sleep 60"]] };
  host: HostLimits = {
    ...{ cgroupVersion: 1, cpuCount: 2, cpus: "0-1", mems: "0" },
    can: new Proxy({} as HostLimits["can"], { get: () => true }),
  };
  confinement: HostConfinement = {
    ...{ seccomp: true, apparmor: "off", initPath: "/usr/bin/tini-static" },
    ...{ maskedPaths: ["/proc/kcore"], readonlyPaths: ["/proc/sys"] },
  };
}
