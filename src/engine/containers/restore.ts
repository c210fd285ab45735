import { sigkill } from "../../base/signals.ts";
import type { Container } from "../../model/container.ts";
import { isRunning } from "../../model/container-state.ts";
import { dieAttributes, endedRecord, endedSharing, joiners, letGoHeld, lostExit, onExit } from "./end.ts";
import { killIfThere } from "./end-process.ts";
import { onOutOfMemory } from "./limits/out-of-memory.ts";
import type { ContainerParts } from "./parts.ts";
import { removeHeld } from "./remove-held.ts";
import { markForStart } from "./restarts/by-policy.ts";
import { tell } from "./tell.ts";
import { updateHosts } from "./update-hosts.ts";

/**
 * Brings the records in line with what runs, after the daemon was away; before anything is served, so without locks.
 * Returns the containers that run: their sandboxes are to be taken over, all others are nobody's. Addresses must have
 * been adopted before. Then comes listen(),
 * and resumeRestarts().
 */
export async function restoreContainers(parts: ContainerParts): Promise<Container[]> {
  const alive = await parts.runtime.running();
  await removeUnowned(parts, alive);
  await each(parts, (container) => restoreOne(parts, container, alive));
  await each(parts, (container) => letGoHeld(parts, container));
  await each(parts, async (container) => markForStart(parts, container));
  const running = [...parts.state.containers.values()].filter(isRunning);
  // A kill may have come between a change of addresses or links and theirs.
  const named = running.filter(({ config: { networkMode } }) => networkMode.kind === "networks");
  updateHosts(parts, named);
  return running;
}

/** From now on ends are written down as they happen; those that came since restoreContainers() are made up for. */
export async function listen(parts: ContainerParts): Promise<Disposable> {
  const { runtime, state } = parts;
  const watch = runtime.watch((exit) => onExit(parts, exit));
  const alive = await runtime.running();
  const ended = [...state.containers.values()].filter((container) => isRunning(container) && !alive.has(container.id));
  await Promise.allSettled(ended.map(({ id }) => onExit(parts, runtime.exitOf(id) ?? lostExit(id))));
  const memory = runtime.watchMemory((id) => void onOutOfMemory(parts, id));
  return {
    [Symbol.dispose]: () => {
      watch[Symbol.dispose]();
      memory[Symbol.dispose]();
    },
  };
}

/** One that cannot be restored must not keep the daemon down. */
async function each({ state, log }: ContainerParts, step: (container: Container) => Promise<void>): Promise<void> {
  for (const container of [...state.containers.values()]) {
    try {
      await step(container);
    } catch (error) {
      log.error({ err: error, container: container.name }, "cannot restore a container");
    }
  }
}

async function restoreOne(
  parts: ContainerParts,
  container: Container,
  alive: ReadonlyMap<string, number>,
): Promise<void> {
  const pid = alive.get(container.id);
  if (isRunning(container) && pid !== undefined) return keepRunning(parts, container, pid);
  const stopped = isRunning(container)
    ? await endedMeanwhile(parts, container)
    : await halfStarted(parts, container, pid);
  if (stopped.config.autoRemove && stopped.sandboxId === undefined) await removeHeld(parts, stopped);
}

/** The pid is asked for anew, and whether it is frozen: after a crash the record may be older than the process. */
function keepRunning({ state, runtime }: ContainerParts, container: Container, pid: number): void {
  const paused = runtime.isPaused(container.id);
  if (container.state.pid === pid && (container.state.paused ?? false) === paused) return;
  const { paused: _before, ...before } = container.state;
  const value = { ...container, state: { ...before, pid, ...(paused ? { paused } : {}) } };
  state.commit([{ put: "container", id: value.id, value }]);
}

/** It ended while nobody listened. A sandbox without an owner goes when sandboxes are restored. */
async function endedMeanwhile(parts: ContainerParts, container: Container): Promise<Container> {
  const { runtime, state } = parts;
  const exit = runtime.exitOf(container.id) ?? lostExit(container.id);
  const ended = joiners(parts, container.id).length > 0 ? endedSharing(container, exit) : endedRecord(container, exit);
  // In this order: what the runtime knows of the end goes with its release.
  state.commit([{ put: "container", id: ended.id, value: ended }]);
  await runtime.release(container.id);
  tell(parts, "die", ended, dieAttributes(container, exit));
  return ended;
}

/** A start that had no answer yet is undone: whether the command ran already cannot be known. */
async function halfStarted(parts: ContainerParts, container: Container, pid: number | undefined): Promise<Container> {
  const shared = joiners(parts, container.id).length > 0;
  const { runtime, state } = parts;
  if (pid === undefined && (container.sandboxId === undefined || shared)) {
    // On the host's network a start leaves no mark in the record; a process may still wait for its command.
    if (container.config.networkMode.kind !== "networks") await runtime.release(container.id);
    return container;
  }
  if (pid !== undefined) await killIfThere(parts, container.id, sigkill);
  await runtime.release(container.id);
  const error = "the daemon ended while the container was starting";
  const { sandboxId: _gone, ...rest } = container;
  const base: Container = shared ? container : { ...rest, ports: [] };
  // One that waits for its policy goes on waiting; its exit code is that of its last run.
  const undoneState = container.state.restarting ? container.state : { ...container.state, error, exitCode: 128 };
  const undone: Container = { ...base, state: undoneState };
  state.commit([{ put: "container", id: undone.id, value: undone }]);
  return undone;
}

/** What belongs to no record: a removal that was cut short. */
async function removeUnowned(parts: ContainerParts, alive: ReadonlyMap<string, number>): Promise<void> {
  const { runtime, files, state, log } = parts;
  const unowned = new Set([...runtime.leftovers(), ...alive.keys(), ...files.list()]);
  for (const id of unowned) {
    if (state.containers.has(id)) continue;
    try {
      if (alive.has(id)) await killIfThere(parts, id, sigkill);
      await runtime.remove(id);
      files.remove(id);
    } catch (error) {
      log.error({ err: error, container: id }, "cannot remove what is left of a container");
    }
  }
}
