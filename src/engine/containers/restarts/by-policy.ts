import type { Container, ContainerState } from "../../../model/container.ts";
import { holdIfThere } from "../held.ts";
import { linkTargets } from "../links/links.ts";
import type { ContainerParts } from "../parts.ts";
import { startHeld } from "../start.ts";
import { nextDelayMs, remainingMs, restartsAfter, startsWithDaemon } from "./policy.ts";

/** Before a start whose failure could not be written down is tried again: it waits for the disk. */
const againMs = 10_000;

/** What the state of a container that has just ended says of its restart; nothing when it is not to be started again. */
export function restartState(
  container: Container,
  exit: { readonly exitCode: number; readonly at: string },
): Partial<ContainerState> {
  if (!restartsAfter(container, exit.exitCode)) return {};
  const { state } = container;
  const ranMs = Date.parse(exit.at) - Date.parse(state.startedAt);
  return {
    restarting: true,
    restartCount: (state.restartCount ?? 0) + 1,
    restartDelayMs: nextDelayMs(state, ranMs),
  };
}

/** Starts a container again when its wait is over. It is written down as restarting, or nothing happens. */
export function scheduleRestart(
  parts: ContainerParts,
  container: Container,
  delayMs = remainingMs(container.state, Date.now()),
): void {
  const { id, config, state } = container;
  if (!state.restarting) return;
  const { networkMode: mode } = config;
  parts.restarts.schedule({
    ...{ id, delayMs },
    after: [...(mode.kind === "container" ? [mode.containerId] : []), ...olderTargets(parts, container)],
    run: () => restartByPolicy(parts, id),
  });
}

/** Those made before it: after renaming, links may go round in a circle. */
function olderTargets(parts: ContainerParts, container: Container): string[] {
  const isOlder = (id: string) => (parts.state.containers.get(id)?.created ?? "") < container.created;
  return linkTargets(parts, container).filter(isOlder);
}

/**
 * Never throws: nobody is there to catch it. A start that fails is not tried again, as in Docker; but one that goes on
 * waiting by its record, as the store failed, is.
 */
async function restartByPolicy(parts: ContainerParts, id: string): Promise<void> {
  try {
    await using held = await holdIfThere(parts, id);
    if (held?.container.state.restarting) await startHeld(parts, held.container, "policy");
  } catch (error) {
    parts.log.warn({ err: error, container: id }, "a container's restart policy could not start it");
    const left = parts.state.containers.get(id);
    if (left) scheduleRestart(parts, left, againMs);
  }
}

/** A user wants no restart: it has ended, and who waits for that is told. Under the container's lock. */
export function cancelRestart(parts: ContainerParts, container: Container): void {
  const state: ContainerState = { ...container.state, restarting: false, stoppedByUser: true };
  parts.state.commit([{ put: "container", id: container.id, value: { ...container, state } }]);
  parts.restarts.cancel(container.id);
  parts.waiters.ended(container.id, state.exitCode);
}

/**
 * After a start of the daemon: those that waited go on waiting, and those that their policy wants to run are started.
 * Call it when containers are restored and their ends are listened to.
 */
export function resumeRestarts(parts: ContainerParts): Disposable {
  for (const container of [...parts.state.containers.values()]) scheduleRestart(parts, container);
  return parts.restarts;
}

/** A container that does not run, as a daemon that starts finds it: marked if it is to be started. */
export function markForStart({ state }: ContainerParts, container: Container): void {
  if (container.state.status === "running" || container.state.restarting || !startsWithDaemon(container)) return;
  const waiting: ContainerState = { ...container.state, restarting: true, restartCount: 0, restartDelayMs: 0 };
  state.commit([{ put: "container", id: container.id, value: { ...container, state: waiting } }]);
}
