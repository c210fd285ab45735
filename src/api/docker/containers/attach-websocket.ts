import { parseDetachKeys } from "../../../base/detach-keys.ts";
import type { OutputChunk } from "../../../contracts/runtime.ts";
import { wire } from "../../frames.ts";
import { type Call, takenOver } from "../../route.ts";
import { type ClientWebSocket, upgradeToWebSocket } from "../../websocket.ts";
import { attachProbeMs } from "./attach.ts";
import { joinInput } from "./join-input.ts";
import { mustKeepLogs } from "./logs.ts";
import { containerOf } from "./routes.ts";

/** Close codes, RFC 6455, 7.4.1. */
const done = 1000;
const failed = 1011;

/**
 * As attach(), by WebSocket: both outputs as they come, in messages that no frame tells apart, and what the client sends is
 * input. Docker Engine API: ContainerAttachWebsocket.
 */
export async function attachByWebSocket(call: Call): Promise<typeof takenOver> {
  const { engine, query, log } = call;
  const { container } = engine.containers.inspect(containerOf(call));
  const keys = parseDetachKeys(query.text("detachKeys"));
  if (query.flag("logs")) mustKeepLogs(container);
  const gone = new AbortController();
  const signal = AbortSignal.any([call.signal, gone.signal]);
  const options = { logs: query.flag("logs"), stream: query.flag("stream"), signal };
  using attachment = engine.containers.attach(container.id, options);
  const client = upgradeToWebSocket(call);
  if (!client) return takenOver;
  const { stdin, ...outputs } = streamsOf(call);
  const input = client.input();
  const wantsInput = stdin && options.stream && container.config.openStdin;
  if (!wantsInput) input.resume();
  using _input = wantsInput
    ? joinInput(input, attachment, {
        config: container.config,
        keys,
        leave: () => gone.abort(),
        failed: (error) => log.error({ err: error, container: container.id }, "the input of an attached client failed"),
      })
    : undefined;
  using _probe = probe(client);
  try {
    await send(client, attachment.output({ ...outputs, signal }), call.version);
    client.finish(done);
  } catch (error) {
    if (!call.signal.aborted) log.error({ err: error, container: container.id }, "attach was cut short");
    client.finish(failed);
  }
  gone.abort();
  return takenOver;
}

/**
 * The end of a client's connection is not seen while its input waits for the container: a ping fails when nobody is left to
 * answer it.
 */
function probe(client: ClientWebSocket): Disposable {
  const timer = setInterval(() => client.ping(), attachProbeMs);
  return { [Symbol.dispose]: () => clearInterval(timer) };
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
