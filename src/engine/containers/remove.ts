import { EngineError } from "../../base/errors.ts";
import { sigkill } from "../../base/signals.ts";
import { isUp, stateWord } from "../../model/container-state.ts";
import { findContainer } from "../reference.ts";
import { joiners, settleUnrecorded } from "./end.ts";
import { endProcess } from "./end-process.ts";
import { hold } from "./held.ts";
import type { ContainerParts } from "./parts.ts";
import { removeHeld } from "./remove-held.ts";

/** Removes a container with everything it has; one that runs, or whose network others use, only by force. */
export async function removeContainer(
  parts: ContainerParts,
  reference: string,
  { force, volumes }: { force: boolean; volumes?: boolean },
): Promise<void> {
  const { id } = findContainer(parts.state, reference);
  if (!force) return removeStopped(parts, id, { force, volumes });
  parts.removing.add(id);
  try {
    await endProcess(parts, id, { signal: sigkill, timeoutSeconds: 0 });
    await settleUnrecorded(parts, id);
    // One that removes itself at its end is gone by now.
    if (parts.state.containers.has(id)) await removeStopped(parts, id, { force, volumes });
  } finally {
    parts.removing.delete(id);
  }
}

function refuseShared(parts: ContainerParts, id: string): void {
  const names = joiners(parts, id).map(({ name }) => name);
  if (names.length === 0) return;
  const why = `its network is shared by ${names.join(", ")}; stop or remove that first, or use force`;
  throw new EngineError("CONTAINER_REFUSED", { container: parts.state.containers.get(id)?.name ?? id, why });
}

async function removeStopped(
  parts: ContainerParts,
  id: string,
  { force, volumes = false }: { force: boolean; volumes?: boolean | undefined },
): Promise<void> {
  await using held = await hold(parts, id);
  const { container } = held;
  if (isUp(container)) {
    throw new EngineError("CONTAINER_UP", { container: container.name, state: stateWord(container.state) });
  }
  if (!force) refuseShared(parts, id);
  await removeHeld(parts, container, { volumes: volumes || container.config.autoRemove, force });
}
