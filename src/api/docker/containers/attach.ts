import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { parseDetachKeys } from "../../../base/detach-keys.ts";
import type { Attachment } from "../../../engine/engine.ts";
import { frame, streamType, wire } from "../../frames.ts";
import { hijack, part } from "../../hijack.ts";
import { type Call, takenOver } from "../../route.ts";
import { joinInput } from "./join-input.ts";
import { mustKeepLogs } from "./logs.ts";
import { containerOf } from "./routes.ts";

/**
 * Joins a client to a container's streams until the container exits, the client leaves, or asks to be detached.
 * `docker run` attaches before it starts the container, so one that does not run is waited for.
 */
export async function attach(call: Call): Promise<typeof takenOver> {
  const { engine, query, version, log } = call;
  const { container } = engine.containers.inspect(containerOf(call));
  const { tty } = container.config;
  const keys = parseDetachKeys(query.text("detachKeys"));
  if (query.flag("logs")) mustKeepLogs(container);
  const gone = new AbortController();
  const signal = AbortSignal.any([call.signal, gone.signal]);
  const options = { logs: query.flag("logs"), stream: query.flag("stream"), signal };
  using attachment = engine.containers.attach(container.id, options);
  // After the attaching: the head tells the client that the container may be started.
  const socket = hijack(call, streamType({ tty, version }));
  const wantsInput = query.flag("stdin") && options.stream && container.config.openStdin;
  using _input = wantsInput
    ? joinInput(socket, attachment, {
        config: container.config,
        keys,
        leave: () => gone.abort(),
        failed: (error) => log.error({ err: error, container: container.id }, "the input of an attached client failed"),
      })
    : ignoreInput(socket);
  if (!tty) probe(socket);
  const wanted = { stdout: query.flag("stdout"), stderr: query.flag("stderr"), signal };
  try {
    await pipeline(Readable.from(frames(attachment.output(wanted), tty), oneAtATime), socket, { end: false });
    part(socket);
  } catch (error) {
    if (!call.signal.aborted) log.error({ err: error, container: container.id }, "attach was cut short");
    socket.destroy();
  }
  gone.abort();
  return takenOver;
}

const oneAtATime = { objectMode: true, highWaterMark: 1 };

async function* frames(output: ReturnType<Attachment["output"]>, tty: boolean): AsyncGenerator<Uint8Array> {
  for await (const chunks of output) yield wire(chunks, { tty });
}

/** A client without input closes its half at once: that says nothing. */
function ignoreInput(socket: Socket): Disposable {
  socket.resume();
  return { [Symbol.dispose]: () => undefined };
}

/** How often an attached client is asked whether it is still there. */
export const attachProbeMs = 15_000;

/**
 * The end of a client's half says nothing of the other; an empty frame, which readers skip, fails when nobody is left to
 * read it. A terminal's stream has no frames: there the next output finds out.
 */
function probe(socket: Socket): void {
  const timer = setInterval(() => socket.write(frame("stdout", new Uint8Array())), attachProbeMs);
  socket.once("close", () => clearInterval(timer));
}
