import { EngineError } from "../../base/errors.ts";
import type { Container } from "../../model/container.ts";
import { isPaused, isRunning } from "../../model/container-state.ts";
import { findContainer } from "../reference.ts";
import type { ContainerParts } from "./parts.ts";

export interface Held extends AsyncDisposable {
  readonly container: Container;
}

/** Holds the locks of a container, found by id, name or prefix, and looks it up again once it has them. */
export async function hold(parts: Pick<ContainerParts, "state" | "locks">, reference: string): Promise<Held> {
  const held = await holdIfThere(parts, findContainer(parts.state, reference).id);
  if (held) return held;
  throw new EngineError("CONTAINER_NOT_FOUND", { container: reference });
}

/** Undefined when there is no such container, or no longer once the locks are free. */
export async function holdIfThere(
  { state, locks }: Pick<ContainerParts, "state" | "locks">,
  id: string,
): Promise<Held | undefined> {
  const found = state.containers.get(id);
  if (!found) return undefined;
  const held = await locks.holdAll(lockKeys(found));
  const container = state.containers.get(id);
  if (container) return { container, [Symbol.asyncDispose]: () => held[Symbol.asyncDispose]() };
  await held[Symbol.asyncDispose]();
  return undefined;
}

/** A sandbox is its creator's: whoever joins it holds the creator's lock too. */
function lockKeys({ id, config }: Container): string[] {
  return config.networkMode.kind === "container" ? [id, config.networkMode.containerId] : [id];
}

/** Throws CONTAINER_NOT_RUNNING. */
export function mustRun(container: Container): void {
  if (!isRunning(container)) throw new EngineError("CONTAINER_NOT_RUNNING", { container: container.id });
}

/** Throws what Docker says to an exec in a container that cannot take one. */
export function mustTakeExec(container: Container, reference = container.id): void {
  if (isPaused(container)) throw new EngineError("CONTAINER_PAUSED", { container: reference });
  if (container.state.restarting) throw new EngineError("CONTAINER_RESTARTING", { container: container.id });
  mustRun(container);
}
