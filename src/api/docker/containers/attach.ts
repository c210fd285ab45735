import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { EngineError } from "../../../base/errors.ts";
import type { LogEntry } from "../../../contracts/runtime.ts";
import type { Container } from "../../../model/container.ts";
import { frame, framed, streamType } from "../../frames.ts";
import { hijack } from "../../hijack.ts";
import { type Call, takenOver } from "../../route.ts";
import { containerOf } from "./routes.ts";

/**
 * Streams a container's output, until it exits or the client leaves. `docker run` attaches before it starts the
 * container, so one that does not run is waited for. Output comes through the log; input is not offered.
 */
export async function attach(call: Call): Promise<typeof takenOver> {
  const { engine, query, version } = call;
  const { container } = engine.containers.inspect(containerOf(call));
  if (query.flag("stdin")) {
    throw new EngineError("NOT_SUPPORTED", {
      what: "attaching standard input to a container",
      instead: "run without -i, then use exec -i",
    });
  }
  const { tty } = container.config;
  // Before the connection is taken over: its head tells the client that the container may be started.
  const entries = output(call, container);
  const socket = hijack(call, streamType({ tty, version }));
  socket.resume();
  if (!tty) probe(socket);
  try {
    await pipeline(
      Readable.from(framed(entries, { tty, timestamps: false }), { objectMode: true, highWaterMark: 1 }),
      socket,
    );
  } catch (error) {
    if (!call.signal.aborted) call.log.error({ err: error, container: container.id }, "attach was cut short");
    socket.destroy();
  }
  return takenOver;
}

/** How often an attached client is asked whether it is still there. */
export const attachProbeMs = 15_000;

/**
 * A client without input closes its half at once, so the end of its input says nothing; an empty frame, which readers
 * skip, fails when nobody is left to read it. A terminal's stream has no frames: there the next output finds out.
 */
function probe(socket: Socket): void {
  const timer = setInterval(() => socket.write(frame("stdout", new Uint8Array())), attachProbeMs);
  socket.once("close", () => clearInterval(timer));
}

/** Entries from now on, or from the next start on; with `logs`, those before as well. */
function output(call: Call, container: Container): AsyncIterable<LogEntry> {
  const { engine, query, signal } = call;
  const running = container.state.status === "running";
  const base = { stdout: query.flag("stdout"), stderr: query.flag("stderr"), signal };
  const follow = query.flag("stream");
  const since = query.flag("logs") ? {} : { since: Date.now() / 1000 };
  if (running) return engine.containers.logs(container.id, { ...base, ...since, follow });
  if (!follow) return engine.containers.logs(container.id, { ...base, ...since, follow: false });
  const started = nextStart(call, container.id);
  return (async function* () {
    if (await started) yield* engine.containers.logs(container.id, { ...base, ...since, follow });
  })();
}

/** True at the container's start; false when it is removed or the client leaves before. */
function nextStart({ engine, signal }: Call, containerId: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const subscription = engine.subscribe(({ type, action, actor }) => {
    if (type !== "container" || actor.id !== containerId) return;
    if (action === "start") resolve(true);
    if (action === "destroy") resolve(false);
  });
  signal.addEventListener("abort", () => resolve(false), { once: true });
  return promise.finally(() => subscription[Symbol.dispose]());
}
