import { EngineError } from "../../base/errors.ts";
import { Rollback } from "../../base/rollback.ts";
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
  await using rollback = new Rollback();
  // A probe that began now would never end.
  await parts.health.stop(id);
  rollback.onFailure(`checks of ${container.name}`, () => startChecks(parts, container));
  await parts.runtime.pause(id);
  rollback.onFailure(`pause of ${container.name}`, () => parts.runtime.unpause(id));
  save(parts, container, true);
  rollback.commit();
  tell(parts, "pause", container);
}

export async function unpauseContainer(parts: ContainerParts, reference: string): Promise<void> {
  await using held = await hold(parts, reference);
  const { container } = held;
  if (!isPaused(container)) {
    throw new EngineError("CONTAINER_CONFLICT", { why: `Container ${container.id} is not paused` });
  }
  await using rollback = new Rollback();
  await thaw(parts, container.id);
  rollback.onFailure(`thaw of ${container.name}`, () => parts.runtime.pause(container.id));
  save(parts, container, false);
  rollback.commit();
  thawed(parts, container);
}

/** Thaws one that was asked to end, under its lock. A record that cannot be written keeps nobody frozen. */
export async function thawForEnd(parts: ContainerParts, container: Container): Promise<void> {
  await thaw(parts, container.id);
  try {
    save(parts, container, false);
  } catch (error) {
    parts.log.error({ err: error, container: container.name }, "cannot write down that a container is thawed");
  }
  thawed(parts, container);
}

/** One that is not frozen, whatever its record says, is no failure. */
async function thaw({ runtime }: ContainerParts, id: string): Promise<void> {
  try {
    await runtime.unpause(id);
  } catch (error) {
    const ended = error instanceof EngineError && error.code === "CONTAINER_NOT_RUNNING";
    if (ended || runtime.isPaused(id)) throw error;
  }
}

function thawed(parts: ContainerParts, container: Container): void {
  tell(parts, "unpause", container);
  startChecks(parts, parts.state.containers.get(container.id) ?? container);
}

function save({ state }: ContainerParts, { id }: Container, paused: boolean): void {
  const value = state.containers.get(id);
  if (!value) return;
  const { paused: _before, ...rest } = value.state;
  state.commit([{ put: "container", id, value: { ...value, state: { ...rest, ...(paused ? { paused } : {}) } } }]);
}
