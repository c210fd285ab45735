import type { OutputChunk } from "../../../contracts/runtime.ts";
import { wire } from "../../frames.ts";
import { type Call, takenOver } from "../../route.ts";
import { type ClientWebSocket, upgradeToWebSocket } from "../../websocket.ts";
import { attachProbeMs } from "./attach.ts";
import { openAttachment } from "./open-attachment.ts";

/** Close codes, RFC 6455, 7.4.1. */
const done = 1000;
const failed = 1011;

/**
 * As attach(), by WebSocket: both outputs as they come, in messages that no frame tells apart, and what the client sends is
 * input. Docker Engine API: ContainerAttachWebsocket.
 */
export async function attachByWebSocket(call: Call): Promise<typeof takenOver> {
  using attachment = openAttachment(call);
  const client = upgradeToWebSocket(call);
  if (!client) return takenOver;
  const { stdin, ...outputs } = streamsOf(call);
  using _input = attachment.joinInput(client.input(), stdin);
  using _probe = client.probe(attachProbeMs);
  try {
    await send(client, attachment.output({ ...outputs, signal: attachment.signal }), call.version);
    client.finish(done);
  } catch (error) {
    attachment.cutShort(error);
    client.finish(failed);
  }
  attachment.leave();
  return takenOver;
}

/** All three until API 1.42. */
function streamsOf({ query, version }: Call) {
  const wants = (name: string) => version < 42 || query.flag(name);
  return { stdin: wants("stdin"), stdout: wants("stdout"), stderr: wants("stderr") };
}

/** One message after the other, as the client takes them. Until API 1.28 they were text. */
async function send(
  client: ClientWebSocket,
  output: AsyncIterable<readonly OutputChunk[]>,
  version: number,
): Promise<void> {
  for await (const chunks of output) {
    const { promise, resolve } = Promise.withResolvers<void>();
    // A failure is that of the connection, whose end ends the output.
    client.send(wire(chunks, { tty: true }), { binary: version >= 28 }, () => resolve());
    await promise;
  }
}
