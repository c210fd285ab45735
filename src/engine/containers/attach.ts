import type { Writable } from "node:stream";
import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../../base/errors.ts";
import type { OutputChunk } from "../../contracts/runtime.ts";
import type { Container } from "../../model/container.ts";
import { isRunning } from "../../model/container-state.ts";
import type { Attachment, AttachOptions } from "../engine.ts";
import { findContainer } from "../reference.ts";
import type { ContainerParts } from "./parts.ts";
import { tell } from "./tell.ts";

/**
 * Joins a client to a container's streams. Synchronous: what the container writes from now on is not missed, however
 * soon it is started and however soon it ends and is removed.
 */
export function attachContainer(parts: ContainerParts, reference: string, options: AttachOptions): Attachment {
  const { runtime, state } = parts;
  const container = findContainer(state, reference);
  mustBeAttachable(container);
  const tap = runtime.tap(container.id, { past: options.logs });
  const started = isRunning(container) ? Promise.resolve(true) : nextStart(parts, container.id, options.signal);
  tell(parts, "attach", container);
  return {
    output: async function* ({ stdout, stderr, signal }): AsyncGenerator<readonly OutputChunk[]> {
      if (options.logs) yield* tap.follow({ stdout, stderr, signal, follow: false });
      if (options.stream && (await started)) yield* tap.follow({ stdout, stderr, signal, follow: true });
    },
    openInput: async (): Promise<Writable | undefined> =>
      (await started) ? whenFree(() => runtime.openInput(container.id)) : undefined,
    closeInput: () => whenFree(() => runtime.closeInput(container.id)),
    detached: () => tell(parts, "detach", state.containers.get(container.id) ?? container),
    [Symbol.dispose]: () => tap[Symbol.dispose](),
  };
}

/**
 * The queue of a container's monitor for new clients is short. Nothing tells when it has room again: a connect() that does
 * not block fails (unix(7), EAGAIN), and has to be tried again.
 */
async function whenFree<T>(connect: () => T): Promise<T> {
  for (let left = 20; ; left -= 1) {
    try {
      return connect();
    } catch (error) {
      if ((error as { errno?: unknown }).errno !== "EAGAIN" || left === 0) throw error;
    }
    await delay(50);
  }
}

/** Docker's words. */
function mustBeAttachable({ name, state }: Container): void {
  const refuse = (why: string) => new EngineError("CONTAINER_CONFLICT", { why });
  if (state.paused) throw refuse(`container ${name} is paused, unpause the container before attach`);
  if (state.restarting) throw refuse(`container ${name} is restarting, wait until the container is running`);
}

/** True at the container's start; false when it is removed or the client leaves before. */
function nextStart({ events }: ContainerParts, containerId: string, signal: AbortSignal): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const leave = () => resolve(false);
  const subscription = events.subscribe(({ type, action, actor }) => {
    if (type !== "container" || actor.id !== containerId) return;
    if (action === "start") resolve(true);
    if (action === "destroy") resolve(false);
  });
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();
  return promise.finally(() => {
    signal.removeEventListener("abort", leave);
    subscription[Symbol.dispose]();
  });
}

/** Sets the size of a container's terminal. */
export function resizeContainer(parts: ContainerParts, reference: string, rows: number, columns: number): void {
  const container = findContainer(parts.state, reference);
  if (!isRunning(container)) throw new EngineError("CONTAINER_NOT_RUNNING", { container: container.id });
  parts.runtime.resize(container.id, rows, columns);
  tell(parts, "resize", container, { height: String(rows), width: String(columns) });
}
