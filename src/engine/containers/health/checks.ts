import type { Container, ContainerState } from "../../../model/container.ts";
import { isPaused, isRunning } from "../../../model/container-state.ts";
import type { Healthcheck, ProbeResult } from "../../../model/health.ts";
import { holdIfThere } from "../held.ts";
import type { ContainerParts } from "../parts.ts";
import { tell } from "../tell.ts";
import { probe } from "./probe.ts";
import { intervalMs, probeArguments, startingHealth, withResult } from "./rules.ts";

/** The check that is carried out, if one is. */
function checkOf({ config }: Container): Healthcheck | undefined {
  const { healthcheck } = config;
  return healthcheck && probeArguments(healthcheck) ? healthcheck : undefined;
}

/** What the state of a container that starts has of health. */
export function initialHealth(container: Container): Pick<ContainerState, "health"> {
  return checkOf(container) ? { health: startingHealth(container.state.health) } : {};
}

/** What its end leaves of it: Docker calls unhealthy what is not checked any more. */
export function finalHealth({ state }: Container): Pick<ContainerState, "health"> {
  return state.health ? { health: { ...state.health, status: "unhealthy" } } : {};
}

/** Checks a container from now on; nothing happens without a check or when it is paused. */
export function startChecks(parts: ContainerParts, container: Container, firstInMs?: number): void {
  const healthcheck = checkOf(container);
  if (!healthcheck || !isRunning(container) || isPaused(container)) return;
  const { id } = container;
  parts.health.start(id, {
    firstInMs: firstInMs ?? nextInMs(healthcheck, container.state),
    probe: async (signal) => {
      const now = parts.state.containers.get(id);
      const result = now && (await probe(parts, now, { healthcheck, signal }));
      return result && (() => record(parts, id, { result, healthcheck, signal }));
    },
  });
}

function nextInMs(healthcheck: Healthcheck, { health, startedAt }: ContainerState): number {
  return intervalMs(healthcheck, health?.status, Date.now() - Date.parse(startedAt));
}

/** Writes a result down and tells of a change; resolves to the time until the next probe. Never throws. */
async function record(
  parts: ContainerParts,
  id: string,
  { result, healthcheck, signal }: { result: ProbeResult; healthcheck: Healthcheck; signal: AbortSignal },
): Promise<number | undefined> {
  try {
    await using held = await holdIfThere(parts, id);
    const container = held?.container;
    if (signal.aborted || !container || !isRunning(container)) return undefined;
    const before = container.state.health ?? startingHealth(undefined);
    const health = withResult(before, result, { healthcheck, startedAt: container.state.startedAt });
    const value = { ...container, state: { ...container.state, health } };
    // Not for the disk: after a crash of the machine it means nothing.
    parts.state.commit([{ put: "container", id, value }], "process");
    if (health.status !== before.status) tell(parts, `health_status: ${health.status}`, value);
    return nextInMs(healthcheck, value.state);
  } catch (error) {
    parts.log.error({ err: error, container: id }, "cannot write down the health of a container");
    const now = parts.state.containers.get(id);
    return now && nextInMs(healthcheck, now.state);
  }
}

/** After a start of the daemon: those that run are checked on, spread over their interval so that it is no storm. */
export function resumeChecks(parts: ContainerParts): Disposable {
  for (const container of parts.state.containers.values()) {
    const healthcheck = checkOf(container);
    if (healthcheck) startChecks(parts, container, Math.random() * nextInMs(healthcheck, container.state));
  }
  return parts.health;
}
