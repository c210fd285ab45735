import { EngineError } from "../../base/errors.ts";
import { Rollback } from "../../base/rollback.ts";
import type { RunPlan } from "../../contracts/runtime.ts";
import type { Durability } from "../../contracts/store.ts";
import type { Container, ContainerState } from "../../model/container.ts";
import { isPaused, isUp } from "../../model/container-state.ts";
import { timestamp } from "../timestamp.ts";
import { openVolumes } from "../volumes/open.ts";
import { initialHealth, startChecks } from "./health/checks.ts";
import { hold } from "./held.ts";
import { linkersOf } from "./links/linkers.ts";
import { linkVariables } from "./links/links.ts";
import type { ContainerParts } from "./parts.ts";
import { removeHeld } from "./remove-held.ts";
import { tell, tellNetworks } from "./tell.ts";
import { updateHosts } from "./update-hosts.ts";

/** Starts a container; NOT_MODIFIED when it runs. On failure nothing of it is left, but the reason in its state. */
export async function startContainer(parts: ContainerParts, reference: string): Promise<void> {
  await using held = await hold(parts, reference);
  const { container } = held;
  if (isPaused(container)) {
    throw new EngineError("CONTAINER_CONFLICT", { why: "cannot start a paused container, try unpause instead" });
  }
  if (isUp(container)) throw new EngineError("NOT_MODIFIED", { container: container.name, state: "started" });
  if (parts.removing.has(container.id)) {
    throw new EngineError("CONTAINER_REFUSED", { container: container.name, why: "its removal is in progress" });
  }
  await startHeld(parts, container, "user");
}

/** Starts one that does not run, under its lock. */
export async function startHeld(parts: ContainerParts, container: Container, by: "user" | "policy"): Promise<void> {
  try {
    await launch(parts, container, by);
  } catch (error) {
    await recordFailure(parts, container, rootCause(error));
    throw asStartError(container, error);
  }
}

/**
 * The intent is committed with the open network, the success last. Found after a crash, a record with the one and
 * without the other was starting (restore.ts undoes it).
 */
async function launch(parts: ContainerParts, container: Container, by: "user" | "policy"): Promise<void> {
  const { state, networking, files, runtime } = parts;
  const save = (value: Container, durability?: Durability) =>
    state.commit([{ put: "container", id: value.id, value }], durability);
  await using rollback = new Rollback();
  const linkEnv = linkVariables(parts, container);
  let starting = container;
  rollback.onFailure(`record of ${container.name}`, () => save(container));
  const open = await networking.open(
    container,
    ({ sandboxId, ports }) => {
      starting = { ...container, ports, ...(sandboxId === undefined ? {} : { sandboxId }) };
      save(starting, "process"); // what it tells of goes with the machine: nothing to wait for the disk for
    },
    rollback,
  );
  files.write(container, state.endpointsOf(container.id));
  const volumes = await openVolumes(parts.volumes, container, rollback);
  rollback.onFailure(`process of ${container.name}`, () => runtime.release(container.id));
  const { netnsPath } = open;
  const plan: RunPlan = {
    ...{ container: starting, files: files.paths(container), volumes, linkEnv },
    ...(netnsPath ? { netnsPath } : {}),
  };
  const { pid } = await runtime.create(plan);
  // Before the command runs, so that its end never lies before its start.
  const startedAt = timestamp();
  await runtime.start(container.id);
  const now = { ...runningState(container.state, { pid, startedAt, by }), ...initialHealth(container) };
  const started = { ...starting, state: now };
  save(started);
  rollback.commit();
  updateHosts(parts, linkersOf(parts, container.id));
  tellNetworks(parts, "connect", started);
  tell(parts, "start", started);
  startChecks(parts, started);
}

/** A user's start begins the count of restarts anew. */
function runningState(
  { finishedAt, restartCount, restartDelayMs }: ContainerState,
  { pid, startedAt, by }: { pid: number; startedAt: string; by: "user" | "policy" },
): ContainerState {
  const counts = {
    ...(restartCount === undefined ? {} : { restartCount }),
    ...(restartDelayMs === undefined ? {} : { restartDelayMs }),
  };
  const running = {
    pid,
    startedAt,
    finishedAt,
    status: "running",
    exitCode: 0,
    error: "",
    stoppedByUser: false,
  } as const;
  return { ...running, ...(by === "policy" ? counts : {}) };
}

/** Docker's exit codes of a start that failed: 127 nothing to run, 126 not allowed to run it, 128 anything else. */
function failureCode(reason: string): number {
  if (/executable file not found|no such file or directory/i.test(reason)) return 127;
  return /permission denied|is a directory|exec format error/i.test(reason) ? 126 : 128;
}

async function recordFailure(parts: ContainerParts, container: Container, cause: unknown): Promise<void> {
  const reason = messageOf(cause);
  const { restarting, ...before } = container.state;
  // Docker: one that its policy could not start has the exit code of the run before.
  const exitCode = restarting ? before.exitCode : failureCode(reason);
  const failed = { ...container, state: { ...before, error: reason, exitCode } };
  try {
    parts.state.commit([{ put: "container", id: failed.id, value: failed }]);
    if (restarting) parts.waiters.ended(failed.id, exitCode);
    if (container.config.autoRemove) await removeHeld(parts, failed);
  } catch (error) {
    // The failure itself is what the caller must hear of.
    parts.log.error({ err: error, container: container.name }, "cannot record why the container did not start");
  }
}

/** Of a failure whose undo failed as well, the failure. */
const rootCause = (error: unknown): unknown => (error instanceof SuppressedError ? error.suppressed : error);

/** Of a start that failed the reason alone: the record is the container's own. */
function messageOf(error: unknown): string {
  if (error instanceof EngineError && error.code === "START_FAILED") return (error.data as { why: string }).why;
  return error instanceof Error ? error.message : String(error);
}

/** What has a code of its own (a port that is taken) keeps it; the rest is START_FAILED. */
function asStartError(container: Container, error: unknown): unknown {
  if (error instanceof EngineError || error instanceof SuppressedError) return error;
  return new EngineError("START_FAILED", { container: container.name, why: messageOf(error) }, { cause: error });
}
