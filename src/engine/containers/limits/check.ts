import { EngineError } from "../../../base/errors.ts";
import type { HostLimits } from "../../../contracts/limits.ts";
import type { Limits } from "../../../model/limits.ts";
import { parseCpuList } from "./cpu-list.ts";

/** runc needs some memory for itself before the container's program runs: moby, linuxMinMemory. */
const leastMemory = 6 * 1024 * 1024;
const billion = 1e9;

/** A rule that limits break, in Docker's words; undefined when they keep it. */
type Rule = (limits: Limits, host: HostLimits, isUpdate: boolean) => string | false | undefined;

const isSet = (value: number | undefined): value is number => value !== undefined && value !== 0;
const outside = (value: number | undefined, low: number, high: number): boolean =>
  value !== undefined && (value < low || value > high);

const memoryRules: readonly Rule[] = [
  ({ memoryBytes = leastMemory }) => memoryBytes < leastMemory && "Minimum memory limit allowed is 6MB",
  ({ memoryBytes = 0, memorySwapBytes = 0 }) =>
    memoryBytes > 0 &&
    memorySwapBytes > 0 &&
    memorySwapBytes < memoryBytes &&
    "Minimum memoryswap limit should be larger than memory limit, see usage",
  ({ memoryBytes, memorySwapBytes = 0 }, _host, isUpdate) =>
    !isSet(memoryBytes) &&
    memorySwapBytes > 0 &&
    !isUpdate &&
    "You should always set the Memory limit when using Memoryswap limit, see usage",
  ({ memorySwappiness }) =>
    outside(memorySwappiness, 0, 100) && `Invalid value: ${memorySwappiness}, valid memory swappiness range is 0-100`,
  ({ memoryReservationBytes = leastMemory }) =>
    memoryReservationBytes < leastMemory && "Minimum memory reservation allowed is 6MB",
  ({ memoryBytes = 0, memoryReservationBytes = 0 }) =>
    memoryBytes > 0 &&
    memoryBytes < memoryReservationBytes &&
    "Minimum memory limit can not be less than memory reservation limit, see usage",
];

const cpuRules: readonly Rule[] = [
  ({ nanoCpus, cpuPeriodUs }) =>
    isSet(nanoCpus) && isSet(cpuPeriodUs) && "Conflicting options: Nano CPUs and CPU Period cannot both be set.",
  ({ nanoCpus, cpuQuotaUs }) =>
    isSet(nanoCpus) && isSet(cpuQuotaUs) && "Conflicting options: Nano CPUs and CPU Quota cannot both be set.",
  ({ nanoCpus = billion }, { cpuCount }) =>
    outside(nanoCpus, billion / 100, cpuCount * billion) &&
    `range of CPUs is from 0.01 to ${cpuCount}.00, as there are only ${cpuCount} CPUs available`,
  ({ cpuShares = 0 }) => cpuShares < 0 && `invalid CPU shares (${cpuShares}): value must be a positive integer`,
  ({ cpuShares }) =>
    outside(cpuShares, 0, 262_144) && `invalid CPU shares (${cpuShares}): value must be from 0 to 262144`,
  ({ cpuPeriodUs }) =>
    outside(cpuPeriodUs, 1000, 1_000_000) &&
    "CPU cfs period can not be less than 1ms (i.e. 1000) or larger than 1s (i.e. 1000000)",
  ({ cpuQuotaUs = 1000 }) =>
    cpuQuotaUs < 1000 && cpuQuotaUs !== -1 && "CPU cfs quota can not be less than 1ms (i.e. 1000)",
  ({ cpuRealtimePeriodUs = 0, cpuRealtimeRuntimeUs = 0 }) =>
    cpuRealtimePeriodUs > 0 &&
    cpuRealtimeRuntimeUs > cpuRealtimePeriodUs &&
    "cpu real-time runtime cannot be higher than cpu real-time period",
  ({ cpusetCpus }, { cpus }) => setProblem("cpus", cpusetCpus, cpus),
  ({ cpusetMems }, { mems }) => setProblem("mems", cpusetMems, mems),
];

const otherRules: readonly Rule[] = [
  ({ blkioWeight }) => outside(blkioWeight, 10, 1000) && "Range of blkio weight is from 10 to 1000",
  ({ blkioWeightDevices = [] }) =>
    blkioWeightDevices.some(({ weight }) => outside(weight, 10, 1000)) && "Range of blkio weight is from 10 to 1000",
  ({ ulimits = [] }) => {
    const wrong = ulimits.find(({ soft, hard }) => hard !== -1 && (soft > hard || soft === -1));
    return wrong && `ulimit soft limit must be less than or equal to hard limit: ${wrong.soft} > ${wrong.hard}`;
  },
];

function setProblem(what: "cpus" | "mems", wanted: string | undefined, available: string): string | undefined {
  if (wanted === undefined) return undefined;
  const asked = parseCpuList(wanted);
  if (!asked) return `Invalid value ${wanted} for cpuset ${what}`;
  const there = parseCpuList(available) ?? [];
  if (asked.every((one) => there.includes(one))) return undefined;
  const name = what === "cpus" ? "CPUs" : "memory nodes";
  return `Requested ${name} are not available - requested ${wanted}, available: ${available}`;
}

/** Throws REFUSED for limits that break a rule of Docker's, in its words; `isUpdate`: what is absent may be set already. */
export function checkLimits(limits: Limits, host: HostLimits, { isUpdate }: { isUpdate: boolean }): void {
  for (const rule of [...memoryRules, ...cpuRules, ...otherRules]) {
    const why = rule(limits, host, isUpdate);
    if (why) throw new EngineError("REFUSED", { why });
  }
}
