import { invalid } from "../../../base/errors.ts";
import type { LogQuery } from "../../../contracts/runtime.ts";
import { framed, streamType } from "../../frames.ts";
import { type Call, type Route, route, takenOver } from "../../route.ts";
import { headersOf, sendStream } from "../../stream.ts";
import { attach } from "./attach.ts";
import { resizeRoute } from "./resize.ts";
import { containerOf } from "./routes.ts";

const conditions = ["not-running", "next-exit", "removed"] as const;

/** Docker Engine API: ContainerWait, ContainerLogs and ContainerAttach, whose answers go on for a while. */
export const containerStreamRoutes: readonly Route[] = [
  route({ method: "POST", path: "/containers/:id/wait", summary: "Wait for a container to stop", handle: wait }),
  route({ method: "GET", path: "/containers/:id/logs", summary: "Read the logs of a container", handle: logs }),
  route({ method: "POST", path: "/containers/:id/attach", summary: "Attach to a container", handle: attach }),
  resizeRoute,
];

/** Sends the head as soon as the wait is registered: `docker run` starts the container only when it has seen it. */
async function wait(call: Call): Promise<typeof takenOver> {
  const asked = call.query.text("condition") || "not-running";
  const condition = conditions.find((name) => name === asked);
  if (!condition) throw invalid("condition", `"${asked}" is none of ${conditions.join(", ")}`);
  const { engine } = call;
  engine.containers.inspect(containerOf(call)); // 404 before the head is sent
  const exit = engine.containers.wait(containerOf(call), condition, call.signal);
  const raw = call.reply.hijack().raw;
  raw.writeHead(200, { ...headersOf(call), "Content-Type": "application/json" });
  raw.flushHeaders();
  try {
    raw.end(`${JSON.stringify({ StatusCode: await exit })}\n`);
  } catch (error) {
    // The client has gone, or the daemon ends: there is nobody to tell, but an unfinished body says so.
    if (call.signal.aborted) raw.destroy();
    else raw.end(`${JSON.stringify({ StatusCode: 125, Error: { Message: (error as Error).message } })}\n`);
  }
  return takenOver;
}

function logs(call: Call): Promise<typeof takenOver> {
  const { engine, query, version } = call;
  const reference = containerOf(call);
  const { tty } = engine.containers.inspect(reference).container.config;
  const asked = logQuery(call);
  if (!asked.stdout && !asked.stderr)
    throw invalid("logs request", "Bad parameters: you must choose at least one stream");
  const entries = engine.containers.logs(reference, asked);
  const options = { tty, timestamps: query.flag("timestamps") };
  return sendStream(call, streamType({ tty, version }), framed(entries, options));
}

function logQuery({ query, signal }: Call): LogQuery {
  const tail = query.text("tail");
  const [since, until] = [query.time("since"), query.time("until")];
  return {
    follow: query.flag("follow"),
    stdout: query.flag("stdout"),
    stderr: query.flag("stderr"),
    // "all", and anything that is no number, asks for everything (docker logs --tail).
    ...(/^\d+$/.test(tail) ? { tail: Number(tail) } : {}),
    ...(since === undefined ? {} : { since }),
    ...(until === undefined ? {} : { until }),
    signal,
  };
}
