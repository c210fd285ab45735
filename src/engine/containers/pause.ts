import { EngineError } from "../../base/errors.ts";
import type { Container } from "../../model/container.ts";
import { isPaused } from "../../model/container-state.ts";
import { startChecks } from "./health/checks.ts";
import { hold, mustRun } from "./held.ts";
import type { ContainerParts } from "./parts.ts";
import { tell } from "./tell.ts";

/** Freezes a container. The deed first: what the record lacks after a crash the next start sees in the kernel. */
export async function pauseContainer(parts: ContainerParts, reference: string): Promise<void> {
  await using held = await hold(parts, reference);
  const { container } = held;
  const { id } = container;
  if (container.state.restarting) throw new EngineError("CONTAINER_RESTARTING", { container: id });
  mustRun(container);
  if (isPaused(container)) throw new EngineError("CONTAINER_CONFLICT", { why: `Container ${id} is already paused` });
  // A probe that began now would never end.
  await parts.health.stop(id);
  try {
    await parts.runtime.pause(id);
  } catch (error) {
    startChecks(parts, container);
    throw error;
  }
  save(parts, container, true);
  tell(parts, "pause", container);
}

export async function unpauseContainer(parts: ContainerParts, reference: string): Promise<void> {
  await using held = await hold(parts, reference);
  const { container } = held;
  if (!isPaused(container)) {
    throw new EngineError("CONTAINER_CONFLICT", { why: `Container ${container.id} is not paused` });
  }
  await unpauseHeld(parts, container);
}

/** Thaws a paused one, under its lock. */
export async function unpauseHeld(parts: ContainerParts, container: Container): Promise<void> {
  await parts.runtime.unpause(container.id);
  save(parts, container, false);
  tell(parts, "unpause", container);
  startChecks(parts, parts.state.containers.get(container.id) ?? container);
}

function save({ state }: ContainerParts, { id }: Container, paused: boolean): void {
  const value = state.containers.get(id);
  if (!value) return;
  const { paused: _before, ...rest } = value.state;
  state.commit([{ put: "container", id, value: { ...value, state: { ...rest, ...(paused ? { paused } : {}) } } }]);
}
