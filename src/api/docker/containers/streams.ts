import { EngineError } from "../../../base/errors.ts";
import { type Call, type Route, route, takenOver } from "../../route.ts";
import { headersOf } from "../../stream.ts";
import { attach } from "./attach.ts";
import { attachByWebSocket } from "./attach-websocket.ts";
import { logs } from "./logs.ts";
import { resizeRoute } from "./resize.ts";
import { containerOf } from "./routes.ts";

const conditions = ["not-running", "next-exit", "removed"] as const;

/** Docker Engine API: ContainerWait, ContainerLogs and ContainerAttach, whose answers go on for a while. */
export const containerStreamRoutes: readonly Route[] = [
  route({ method: "POST", path: "/containers/:id/wait", summary: "Wait for a container to stop", handle: wait }),
  route({ method: "GET", path: "/containers/:id/logs", summary: "Read the logs of a container", handle: logs }),
  route({ method: "POST", path: "/containers/:id/attach", summary: "Attach to a container", handle: attach }),
  route({
    method: "GET",
    path: "/containers/:id/attach/ws",
    summary: "Attach to a container by WebSocket",
    handle: attachByWebSocket,
  }),
  resizeRoute,
];

/** Sends the head as soon as the wait is registered: `docker run` starts the container only when it has seen it. */
async function wait(call: Call): Promise<typeof takenOver> {
  const asked = call.query.text("condition") || "not-running";
  const condition = conditions.find((name) => name === asked);
  if (!condition) {
    throw new EngineError("REFUSED", { why: `invalid condition: "${asked}": use ${conditions.join(", ")}` });
  }
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
