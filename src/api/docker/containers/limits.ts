import { EngineError } from "../../../base/errors.ts";
import type { DeviceRate, Limits, Ulimit } from "../../../model/limits.ts";
import type { LimitsBody } from "./limits-body.ts";

/** Limits of a request in the model's words. Zero, "" and an empty list ask for nothing, as in Docker. */
export function parseLimits(body: LimitsBody): Limits {
  const limits: Limits = {
    ...numbers(body),
    ...(body.CpusetCpus ? { cpusetCpus: body.CpusetCpus } : {}),
    ...(body.CpusetMems ? { cpusetMems: body.CpusetMems } : {}),
    ...(body.OomKillDisable ? { oomKillDisable: true } : {}),
    // Docker's clients before 1.43 send -1 for what was not given; 0 is a value of its own.
    ...(body.MemorySwappiness == null || body.MemorySwappiness === -1
      ? {}
      : { memorySwappiness: body.MemorySwappiness }),
    ...(body.BlkioWeightDevice?.length
      ? { blkioWeightDevices: body.BlkioWeightDevice.map(({ Path, Weight }) => ({ path: Path, weight: Weight })) }
      : {}),
    ...rates("blkioReadBps", body.BlkioDeviceReadBps),
    ...rates("blkioWriteBps", body.BlkioDeviceWriteBps),
    ...rates("blkioReadIops", body.BlkioDeviceReadIOps),
    ...rates("blkioWriteIops", body.BlkioDeviceWriteIOps),
    ...(body.Ulimits?.length ? { ulimits: body.Ulimits.map(ulimitOf) } : {}),
  };
  return limits;
}

/** The field of a new container's configuration; none when nothing is limited. */
export function limitsOf(body: LimitsBody): { limits?: Limits } {
  const { pidsLimit, ...others } = parseLimits(body);
  const limits = { ...others, ...(pidsLimit === undefined || pidsLimit === noLimit ? {} : { pidsLimit }) };
  return Object.keys(limits).length > 0 ? { limits } : {};
}

const noLimit = -1;

function numbers(body: LimitsBody): Limits {
  const all = {
    memoryBytes: body.Memory,
    memoryReservationBytes: body.MemoryReservation,
    memorySwapBytes: body.MemorySwap,
    nanoCpus: body.NanoCpus,
    cpuShares: body.CpuShares,
    cpuPeriodUs: body.CpuPeriod,
    cpuQuotaUs: body.CpuQuota,
    cpuRealtimePeriodUs: body.CpuRealtimePeriod,
    cpuRealtimeRuntimeUs: body.CpuRealtimeRuntime,
    // Zero and any number below are "no limit", which an update may ask for.
    pidsLimit: body.PidsLimit == null || body.PidsLimit > 0 ? body.PidsLimit : noLimit,
    blkioWeight: body.BlkioWeight,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value)) as Limits;
}

function rates(name: keyof Limits, list: { Path: string; Rate: number }[] | null | undefined): Limits {
  if (!list?.length) return {};
  return { [name]: list.map(({ Path, Rate }): DeviceRate => ({ path: Path, rate: Rate })) };
}

/** Names of setrlimit(2) that runc knows. */
const ulimitNames =
  "as core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack".split(" ");

function ulimitOf({ Name, Soft, Hard }: NonNullable<LimitsBody["Ulimits"]>[number]): Ulimit {
  if (ulimitNames.includes(Name)) return { name: Name, soft: Soft, hard: Hard };
  throw new EngineError("REFUSED", { why: `invalid ulimit type: ${Name}; known are ${ulimitNames.join(", ")}` });
}
