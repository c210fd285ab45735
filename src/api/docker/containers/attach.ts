import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { Attachment } from "../../../engine/engine.ts";
import { frame, streamType, wire } from "../../frames.ts";
import { hijack, part } from "../../hijack.ts";
import { type Call, takenOver } from "../../route.ts";
import { openAttachment } from "./open-attachment.ts";

/**
 * Joins a client to a container's streams until the container exits, the client leaves, or asks to be detached.
 * `docker run` attaches before it starts the container, so one that does not run is waited for.
 */
export async function attach(call: Call): Promise<typeof takenOver> {
  const { query, version } = call;
  using attachment = openAttachment(call);
  const { tty } = attachment.container.config;
  // After the attaching: the head tells the client that the container may be started.
  const socket = hijack(call, streamType({ tty, version }));
  using _input = attachment.joinInput(socket, query.flag("stdin"));
  if (!tty) probe(socket);
  const wanted = { stdout: query.flag("stdout"), stderr: query.flag("stderr"), signal: attachment.signal };
  try {
    await pipeline(Readable.from(frames(attachment.output(wanted), tty), oneAtATime), socket, { end: false });
    part(socket);
  } catch (error) {
    attachment.cutShort(error);
    socket.destroy();
  }
  attachment.leave();
  return takenOver;
}

const oneAtATime = { objectMode: true, highWaterMark: 1 };

async function* frames(output: ReturnType<Attachment["output"]>, tty: boolean): AsyncGenerator<Uint8Array> {
  for await (const chunks of output) yield wire(chunks, { tty });
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
