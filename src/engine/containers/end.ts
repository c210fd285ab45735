import type { Exit } from "../../contracts/runtime.ts";
import type { Container } from "../../model/container.ts";
import { isRunning } from "../../model/container-state.ts";
import { timestamp } from "../timestamp.ts";
import { closeVolumes } from "../volumes/open.ts";
import { finalHealth } from "./health/checks.ts";
import { holdIfThere } from "./held.ts";
import type { ContainerParts } from "./parts.ts";
import { removeHeld } from "./remove-held.ts";
import { restartState, scheduleRestart } from "./restarts/by-policy.ts";
import { tell, tellNetworks } from "./tell.ts";

/** What Docker says of a container whose exit code nobody has. */
export const unknownExitCode = 255;

/** Writes down that a container has ended. Logs why it could not, and rejects: the runtime then tells it again. */
export async function onExit(parts: ContainerParts, exit: Exit): Promise<void> {
  try {
    await settle(parts, exit);
  } catch (error) {
    parts.log.error({ err: error, container: exit.containerId }, "cannot write down the end of a container");
    throw error;
  }
}

/** Settles the end of a container unless that is done, or it was not this run's end. */
export async function settle(parts: ContainerParts, exit: Exit): Promise<void> {
  const ended = await settleHeld(parts, exit);
  const mode = ended?.config.networkMode;
  if (mode?.kind === "container") await letCreatorGo(parts, mode.containerId);
}

async function settleHeld(parts: ContainerParts, exit: Exit): Promise<Container | undefined> {
  await using held = await holdIfThere(parts, exit.containerId);
  const container = held?.container;
  if (!container || !isRunning(container) || isStale(parts, container, exit)) return undefined;
  const stoppedByUser = container.state.stoppedByUser || parts.stopped.has(container.id);
  await endHeld(parts, { ...container, state: { ...container.state, stoppedByUser } }, exit);
  return container;
}

/** News of an earlier run that arrives when the next one runs already. Clocks may differ, so the runtime is asked. */
function isStale({ runtime }: ContainerParts, { id, state }: Container, { at }: Exit): boolean {
  return Date.parse(at) < Date.parse(state.startedAt) && runtime.exitOf(id) === undefined;
}

/**
 * The network and the processes go, then the end is written, then the runtime forgets it, then those who wait hear of it:
 * they find the container stopped and its ports free. The code reaches them whatever else fails. Throws when the store
 * does: all that needs the record is then left for the next time. Under the container's lock.
 */
async function endHeld(parts: ContainerParts, container: Container, exit: Exit): Promise<void> {
  const { id } = container;
  const shared = joiners(parts, id).length > 0;
  const ended = shared ? endedSharing(container, exit) : endedRecord(container, exit);
  void parts.health.stop(id);
  parts.execs.forgetUnstarted(id);
  // Side by side: the one waits for the kernel's grace periods, the other for runc.
  await Promise.all([
    attempt(parts, container, "close the network", () => parts.networking.close(container)),
    attempt(parts, container, "remove the processes", () => parts.runtime.release(id, { keepExit: true })),
  ]);
  const told = parts.unrecorded.has(id);
  try {
    parts.state.commit([{ put: "container", id, value: ended }]);
    for (const owed of [parts.unrecorded, parts.stopped]) owed.delete(id);
    await attempt(parts, container, "forget the exit code", () => parts.runtime.release(id));
    await attempt(parts, container, "close the volumes", () => closeVolumes(parts.volumes, container));
  } catch (error) {
    parts.unrecorded.add(id);
    throw error;
  } finally {
    if (!told) tellEnd(parts, ended, dieAttributes(container, exit));
    parts.waiters.ended(id, exit.exitCode);
  }
  scheduleRestart(parts, ended);
  if (!container.config.autoRemove || parts.restarting.has(id)) return;
  if (!shared) await attempt(parts, container, "remove what is left", () => removeHeld(parts, ended));
  // Kept for others, or not to be removed: whoever waits for the removal has nothing more to wait for.
  parts.waiters.removed(id, exit.exitCode);
}

/** One step of an end; the others go on without it. */
async function attempt({ log }: ContainerParts, { name }: Container, what: string, step: () => unknown): Promise<void> {
  try {
    await step();
  } catch (error) {
    log.error({ err: error, container: name }, `cannot ${what} of a container that has ended`);
  }
}

function tellEnd(parts: ContainerParts, ended: Container, attributes: Readonly<Record<string, string>>): void {
  tell(parts, "die", ended, attributes);
  tellNetworks(parts, "disconnect", ended);
}

/** An end that could not be written down is, now. Throws when the store fails still. */
export async function settleUnrecorded(parts: ContainerParts, id: string): Promise<void> {
  if (parts.unrecorded.has(id)) await settle(parts, parts.runtime.exitOf(id) ?? lostExit(id));
}

/** What Docker's event tells of an end. */
export function dieAttributes({ state }: Container, { exitCode, at }: Exit): Readonly<Record<string, string>> {
  const seconds = Math.max(0, Math.floor((Date.parse(at) - Date.parse(state.startedAt)) / 1000));
  return { execDuration: String(seconds), exitCode: String(exitCode) };
}

/** A container as it is once it has ended. */
export function endedRecord(container: Container, exit: Pick<Exit, "exitCode" | "at" | "oomKilled">): Container {
  const { sandboxId: _gone, ...ended } = endedSharing(container, exit);
  return { ...ended, ports: [] };
}

/** One whose sandbox, with ports and all, others go on using: its networks count as in use. */
export function endedSharing(container: Container, exit: Pick<Exit, "exitCode" | "at" | "oomKilled">): Container {
  const { paused: _thawed, ...before } = container.state;
  const { exitCode, at } = exit;
  const oomKilled = exit.oomKilled ? { oomKilled: true } : {};
  const ended = { ...before, status: "exited", pid: 0, exitCode, finishedAt: at, ...oomKilled } as const;
  return { ...container, state: { ...ended, ...finalHealth(container), ...restartState(container, exit) } };
}

/** Containers that run in the sandbox of another one. */
export function joiners({ state }: Pick<ContainerParts, "state">, creatorId: string): Container[] {
  return state.containersIn(creatorId).filter(({ id }) => id !== creatorId);
}

/** The last who shared the sandbox of an ended container has left: what was kept for them goes. */
async function letCreatorGo(parts: ContainerParts, creatorId: string): Promise<void> {
  await using held = await holdIfThere(parts, creatorId);
  if (held) await letGoHeld(parts, held.container);
}

/** Under the creator's lock. */
export async function letGoHeld(parts: ContainerParts, creator: Container): Promise<void> {
  const { id, sandboxId, config, state } = creator;
  if (state.status !== "exited" || sandboxId !== id || joiners(parts, id).length > 0) return;
  const { sandboxId: _gone, ...rest } = creator;
  const value: Container = { ...rest, ports: [] };
  parts.state.commit([{ put: "container", id, value }]);
  if (config.autoRemove && !parts.restarting.has(id)) await removeHeld(parts, value);
}

/** The end of a container of which the runtime knows nothing more. */
export const lostExit = (containerId: string): Exit => ({ containerId, exitCode: unknownExitCode, at: timestamp() });
