import type { Readable } from "node:stream";
import { parseDetachKeys } from "../../../base/detach-keys.ts";
import type { Attachment } from "../../../engine/engine.ts";
import type { Container } from "../../../model/container.ts";
import type { Call } from "../../route.ts";
import { joinInput } from "./join-input.ts";
import { mustKeepLogs } from "./logs.ts";
import { containerOf } from "./routes.ts";

/** A client's part of a container's streams, by whatever connection. */
export interface OpenAttachment extends Disposable {
  readonly container: Container;
  readonly output: Attachment["output"];
  /** Aborted when the client is gone or has left. */
  readonly signal: AbortSignal;
  /** Ends the client's part. */
  leave(): void;
  /** Passes on what the client sends, where that was asked for and the container reads; else it is dropped. */
  joinInput(client: Readable, isWanted: boolean): Disposable;
  /** Tells the log of a failure, unless the client's end explains it. */
  cutShort(error: unknown): void;
}

/** Attaches as a request says. Throws before anything of the answer is sent. */
export function openAttachment(call: Call): OpenAttachment {
  const { engine, query, log, signal: ended } = call;
  const { container } = engine.containers.inspect(containerOf(call));
  const keys = parseDetachKeys(query.text("detachKeys"));
  const [logs, stream] = [query.flag("logs"), query.flag("stream")];
  if (logs) mustKeepLogs(container);
  const gone = new AbortController();
  const signal = AbortSignal.any([ended, gone.signal]);
  const attachment = engine.containers.attach(container.id, { logs, stream, signal });
  const { config, id } = container;
  const leave = () => gone.abort();
  const failed = (error: unknown) => log.error({ err: error, container: id }, "the input of an attached client failed");
  return {
    ...{ container, signal, leave, output: (wanted) => attachment.output(wanted) },
    joinInput: (client, isWanted) =>
      isWanted && stream && config.openStdin
        ? joinInput(client, attachment, { config, keys, leave, failed })
        : dropped(client),
    cutShort: (error) => void (ended.aborted || log.error({ err: error, container: id }, "attach was cut short")),
    [Symbol.dispose]: () => attachment[Symbol.dispose](),
  };
}

/** A client without input closes its half at once: that says nothing. */
function dropped(client: Readable): Disposable {
  client.resume();
  return { [Symbol.dispose]: () => undefined };
}
