import { statSync } from "node:fs";
import { invalid } from "../../base/errors.ts";
import type { DeviceRate, Limits } from "../../model/limits.ts";
import { deviceNumber } from "../spec/devices.ts";

/** Period of a quota that was given as a number of CPUs. */
const cpuPeriodUs = 100_000;

/** Limits as `linux.resources` of the runtime specification; what is not given is left out. */
export function resources(limits: Limits): Record<string, unknown> {
  return filled({ memory: memory(limits), cpu: cpu(limits), pids: pids(limits), blockIO: blockIo(limits) }) ?? {};
}

/** For one that runs: what was taken away is said, too, since what is not said stays. */
export function changedResources(limits: Limits): Record<string, unknown> {
  const { memory: memoryPart = {}, cpu: cpuPart = {}, ...rest } = resources(limits);
  return { ...rest, memory: memoryPart, cpu: cpuPart, pids: { limit: limits.pidsLimit ?? -1 } };
}

const memory = (limits: Limits) =>
  filled({
    limit: limits.memoryBytes,
    reservation: limits.memoryReservationBytes,
    swap: limits.memorySwapBytes,
    swappiness: limits.memorySwappiness,
    disableOOMKiller: limits.oomKillDisable,
  });

function cpu(limits: Limits) {
  const { nanoCpus } = limits;
  const quota = nanoCpus === undefined ? undefined : Math.floor((nanoCpus * cpuPeriodUs) / 1e9);
  return filled({
    shares: limits.cpuShares,
    period: limits.cpuPeriodUs ?? (quota === undefined ? undefined : cpuPeriodUs),
    quota: limits.cpuQuotaUs ?? quota,
    realtimePeriod: limits.cpuRealtimePeriodUs,
    realtimeRuntime: limits.cpuRealtimeRuntimeUs,
    cpus: limits.cpusetCpus,
    mems: limits.cpusetMems,
  });
}

const pids = ({ pidsLimit }: Limits) => filled({ limit: pidsLimit });

const blockIo = (limits: Limits) =>
  filled({
    weight: limits.blkioWeight,
    weightDevice: limits.blkioWeightDevices?.map(({ path, weight }) => ({ ...numberOf(path), weight })),
    throttleReadBpsDevice: rates(limits.blkioReadBps),
    throttleWriteBpsDevice: rates(limits.blkioWriteBps),
    throttleReadIOPSDevice: rates(limits.blkioReadIops),
    throttleWriteIOPSDevice: rates(limits.blkioWriteIops),
  });

const rates = (list: readonly DeviceRate[] | undefined) => list?.map(({ path, rate }) => ({ ...numberOf(path), rate }));

function numberOf(path: string): { major: number; minor: number } {
  const entry = statSync(path, { throwIfNoEntry: false });
  if (!entry?.isBlockDevice()) throw invalid("device", `"${path}" is no block device of this host`);
  return deviceNumber(entry.rdev);
}

/** Undefined when nothing is left. */
function filled(fields: Readonly<Record<string, unknown>>): Record<string, unknown> | undefined {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return given.length > 0 ? Object.fromEntries(given) : undefined;
}
