import type { HostLimits } from "../../../contracts/limits.ts";
import type { ContainerConfig } from "../../../model/container.ts";
import type { Limits } from "../../../model/limits.ts";
import { checkLimits } from "./check.ts";
import { discardUnsupported } from "./discard.ts";

/** A new container's configuration with limits that this host can apply. Throws REFUSED for those that break a rule. */
export function fitLimits(
  config: ContainerConfig,
  hostLimits: () => HostLimits,
): { config: ContainerConfig; warnings: string[] } {
  if (!config.limits) return { config, warnings: [] };
  const host = hostLimits();
  // Docker doubles the memory unasked: that the host cannot limit this is only said to those who asked.
  const asked = host.can.memorySwap ? withSwap(config.limits) : config.limits;
  checkLimits(asked, host, { isUpdate: false });
  const { limits, warnings } = discardUnsupported(asked, host);
  return { config: { ...config, limits }, warnings };
}

/** Docker's default: as much swap as memory. */
const withSwap = (limits: Limits): Limits =>
  limits.memoryBytes === undefined || limits.memorySwapBytes !== undefined
    ? limits
    : { ...limits, memorySwapBytes: limits.memoryBytes * 2 };
