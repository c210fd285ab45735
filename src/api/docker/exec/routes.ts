import type { Socket } from "node:net";
import { finished } from "node:stream/promises";
import { type Static, Type } from "@sinclair/typebox";
import { EngineError, invalid } from "../../../base/errors.ts";
import type { ExecSession, ExecSpec } from "../../../contracts/runtime.ts";
import { frame, streamType } from "../../frames.ts";
import { hijack } from "../../hijack.ts";
import { type Call, type Route, reply, route, takenOver } from "../../route.ts";
import { field, flag, integer, text, texts } from "../../schema.ts";
import { containerOf } from "../containers/routes.ts";

const consoleSize = Type.Array(integer, { maxItems: 2 });
const createBody = Type.Object({
  User: field(text),
  Privileged: field(flag),
  Tty: field(flag),
  ConsoleSize: field(consoleSize),
  AttachStdin: field(flag),
  AttachStderr: field(flag),
  AttachStdout: field(flag),
  DetachKeys: field(text),
  Env: field(texts),
  WorkingDir: field(text),
  Cmd: field(texts),
});
const startBody = Type.Object({ Detach: field(flag), Tty: field(flag), ConsoleSize: field(consoleSize) });

/** Docker Engine API: Exec. */
export const execRoutes: readonly Route[] = [
  route({
    method: "POST",
    path: "/containers/:id/exec",
    summary: "Prepare a command to run in a container",
    body: createBody,
    handle: (call) => reply(201, { Id: call.engine.containers.execCreate(containerOf(call), execSpec(call.body)) }),
  }),
  route({
    method: "POST",
    path: "/exec/:id/start",
    summary: "Run a prepared command",
    action: "exec_start",
    body: startBody,
    bodyOptional: true,
    handle: start,
  }),
  route({
    method: "POST",
    path: "/exec/:id/resize",
    summary: "Resize the terminal of a running command",
    handle({ engine, params, query }) {
      engine.containers.execResize(params["id"] ?? "", size("h", query.integer("h")), size("w", query.integer("w")));
      return reply(200);
    },
  }),
  route({ method: "GET", path: "/exec/:id/json", summary: "Inspect a command", handle: inspect }),
];

function execSpec(body: Static<typeof createBody>): ExecSpec {
  const args = body.Cmd ?? [];
  if (args.length === 0) throw invalid("Cmd", "No exec command specified");
  return {
    args,
    env: body.Env ?? [],
    workingDir: body.WorkingDir ?? "",
    user: body.User ?? "",
    tty: body.Tty ?? false,
    attachStdin: body.AttachStdin ?? false,
    privileged: body.Privileged ?? false,
  };
}

function inspect({ engine, params }: Call) {
  const { id, containerId, spec, running, exitCode, pid } = engine.containers.execInspect(params["id"] ?? "");
  const [entrypoint = "", ...rest] = spec.args;
  return reply(200, {
    ID: id,
    Running: running,
    ExitCode: exitCode ?? null,
    ProcessConfig: {
      tty: spec.tty,
      entrypoint,
      arguments: rest,
      privileged: spec.privileged,
      ...(spec.user ? { user: spec.user } : {}),
    },
    OpenStdin: spec.attachStdin,
    OpenStderr: true,
    OpenStdout: true,
    CanRemove: false,
    ContainerID: containerId,
    DetachKeys: "",
    Pid: pid,
  });
}

async function start(call: Call<Static<typeof startBody>>) {
  const { engine, body, params, version, log } = call;
  const id = params["id"] ?? "";
  const { spec, running, exitCode } = engine.containers.execInspect(id);
  if (running || exitCode !== undefined) {
    throw new EngineError("CONTAINER_REFUSED", { container: id, why: `exec command ${id} has run already` });
  }
  const session = await engine.containers.execStart(id);
  const [rows, columns] = body.ConsoleSize ?? [];
  if (spec.tty && rows && columns) session.resize(rows, columns);
  if (body.Detach) {
    session.stdin.end();
    session.stdout.resume();
    session.stderr.resume();
    return reply(200);
  }
  const socket = hijack(call, streamType({ tty: spec.tty, version }));
  // The request is answered now; what follows is the conversation, which ends by itself.
  converse(socket, session, spec).catch((error: unknown) => {
    log.error({ err: error, exec: id }, "an exec stream failed");
    socket.destroy();
  });
  return takenOver;
}

/** Joins a client's connection to a process: input until its half-close, output until both outputs and the process end. */
async function converse(socket: Socket, session: ExecSession, spec: ExecSpec): Promise<void> {
  // The process may end before it has read all of its input: EPIPE then is no failure of ours.
  session.stdin.on("error", () => socket.resume());
  if (spec.attachStdin) socket.pipe(session.stdin);
  else {
    session.stdin.end();
    socket.resume();
  }
  // A client that leaves for good is no longer listening; the process goes on, as with Docker, and must not block.
  socket.once("close", () => {
    session.stdin.end();
    session.stdout.resume();
    session.stderr.resume();
  });
  const outputs = [send("stdout", session.stdout, socket, spec.tty)];
  if (!spec.tty) outputs.push(send("stderr", session.stderr, socket, false));
  await Promise.all([...outputs, session.exited]);
  socket.unpipe(session.stdin);
  part(socket);
}

/** How long a client may take to close after the end. Docker's do at once; one that does not would stay for ever. */
const partingMs = 10_000;

/**
 * Ends our half, and drops what the client still sends until it closes: a unix socket that is closed with unread input
 * is reset, and the client would lose the output that it has not read yet.
 */
function part(socket: Socket): void {
  socket.resume();
  socket.end(() => {
    const late = setTimeout(() => socket.destroy(), partingMs);
    socket.once("close", () => clearTimeout(late));
  });
}

/** Copies one output, pausing the process while the client is slow. */
async function send(
  stream: "stdout" | "stderr",
  from: NodeJS.ReadableStream,
  socket: Socket,
  tty: boolean,
): Promise<void> {
  from.on("data", (bytes: Uint8Array) => {
    if (socket.destroyed) return;
    if (socket.write(tty ? bytes : frame(stream, bytes))) return;
    from.pause();
    socket.once("drain", () => from.resume());
  });
  await finished(from, { writable: false }).catch(() => undefined); // a broken pipe ends it too; the exit code tells the rest
}

function size(name: string, value: number | undefined): number {
  if (value !== undefined && value >= 0 && value <= 65_535) return value;
  throw invalid(`query parameter "${name}"`, "a terminal has from 0 to 65535 rows and columns");
}
