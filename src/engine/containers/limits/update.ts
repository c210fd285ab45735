import { EngineError } from "../../../base/errors.ts";
import type { Container, RestartPolicy } from "../../../model/container.ts";
import { isRunning } from "../../../model/container-state.ts";
import type { Limits } from "../../../model/limits.ts";
import { hold } from "../held.ts";
import type { ContainerParts } from "../parts.ts";
import { tell } from "../tell.ts";
import { checkLimits } from "./check.ts";
import { discardUnsupported } from "./discard.ts";

export interface ContainerUpdate {
  /** Those to change; what is absent stays. */
  readonly limits: Limits;
  readonly restartPolicy?: RestartPolicy;
}

/**
 * Changes limits and restart policy of a container, running or not. First in the kernel, which may refuse; then in the
 * store. A daemon killed between the two has limits in force until the container ends that its record does not tell of.
 */
export async function updateContainer(
  parts: ContainerParts,
  reference: string,
  update: ContainerUpdate,
): Promise<{ warnings: string[] }> {
  const { state, runtime } = parts;
  const host = runtime.hostLimits();
  checkLimits(update.limits, host, { isUpdate: true });
  const { limits: change, warnings } = discardUnsupported(update.limits, host);
  await using held = await hold(parts, reference);
  const { container } = held;
  const value = changed(container, { ...update, limits: change });
  if (isRunning(container) && Object.keys(change).length > 0) await limitRunning(parts, value);
  state.commit([{ put: "container", id: value.id, value }]);
  tell(parts, "update", value);
  return { warnings };
}

async function limitRunning({ runtime }: ContainerParts, { id, name, config }: Container): Promise<void> {
  try {
    await runtime.limit(id, config.limits ?? {});
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new EngineError("UPDATE_FAILED", { container: name, why }, { cause });
  }
}

function changed(container: Container, { limits, restartPolicy }: ContainerUpdate): Container {
  const { config, name } = container;
  if (restartPolicy && restartPolicy.name !== "no" && config.autoRemove) {
    const why = "Restart policy cannot be updated because AutoRemove is enabled for the container";
    throw new EngineError("UPDATE_FAILED", { container: name, why });
  }
  const before = config.limits ?? {};
  const conflict = conflicts(before, limits);
  if (conflict) throw new EngineError("UPDATE_FAILED", { container: name, why: conflict });
  const merged = { ...before, ...limits };
  return {
    ...container,
    config: {
      ...config,
      ...(Object.keys(merged).length > 0 ? { limits: merged } : {}),
      ...(restartPolicy ? { restartPolicy } : {}),
    },
  };
}

/** What is set already and what is to be set do not go together; in Docker's words. */
function conflicts(before: Limits, change: Limits): string | undefined {
  const nano = "Conflicting options:";
  if (change.cpuPeriodUs && before.nanoCpus)
    return `${nano} CPU Period cannot be updated as NanoCPUs has already been set`;
  if (change.cpuQuotaUs && before.nanoCpus)
    return `${nano} CPU Quota cannot be updated as NanoCPUs has already been set`;
  if (change.nanoCpus && before.cpuQuotaUs)
    return `${nano} Nano CPUs cannot be updated as CPU Quota has already been set`;
  if (change.nanoCpus && before.cpuPeriodUs)
    return `${nano} Nano CPUs cannot be updated as CPU Period has already been set`;
  const [memory = 0, swap = 0] = [change.memoryBytes, before.memorySwapBytes];
  if (swap > 0 && memory > swap && change.memorySwapBytes === undefined) {
    return "Memory limit should be smaller than already set memoryswap limit, update the memoryswap at the same time";
  }
  const [newSwap = 0, oldMemory = 0] = [change.memorySwapBytes, change.memoryBytes ?? before.memoryBytes];
  if (newSwap > 0 && newSwap < oldMemory)
    return "Minimum memoryswap limit should be larger than memory limit, see usage";
  return undefined;
}
