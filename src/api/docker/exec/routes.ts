import type { Socket } from "node:net";
import { type Static, Type } from "@sinclair/typebox";
import { DetachKeys, parseDetachKeys } from "../../../base/detach-keys.ts";
import { invalid } from "../../../base/errors.ts";
import type { ExecSession, ExecSpec, TerminalSize } from "../../../contracts/runtime.ts";
import { passInput } from "../../client-input.ts";
import { frame, streamType } from "../../frames.ts";
import { hijack, part } from "../../hijack.ts";
import { type Call, type Route, reply, route, takenOver } from "../../route.ts";
import { field, flag, integer, text, texts } from "../../schema.ts";
import { terminalSize } from "../../terminal-size.ts";
import { containerOf } from "../containers/routes.ts";
import { toDocker } from "../errors.ts";
import { sendOutputs } from "./send-outputs.ts";

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
    handle: start,
  }),
  route({
    method: "POST",
    path: "/exec/:id/resize",
    summary: "Resize the terminal of a running command",
    handle({ engine, params, query }) {
      const { rows, columns } = terminalSize(query);
      engine.containers.execResize(params["id"] ?? "", rows, columns);
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
    attachStdout: body.AttachStdout ?? false,
    attachStderr: body.AttachStderr ?? false,
    privileged: body.Privileged ?? false,
    ...sizeOf(body.ConsoleSize),
    ...(body.DetachKeys ? { detachKeys: body.DetachKeys } : {}),
  };
}

/** Docker: rows first; zeros mean that the client does not know. */
function sizeOf(consoleSize: readonly number[] | undefined | null): { size?: TerminalSize } {
  const [rows = 0, columns = 0] = consoleSize ?? [];
  return rows > 0 && columns > 0 ? { size: { rows, columns } } : {};
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
    OpenStderr: spec.attachStderr ?? false,
    OpenStdout: spec.attachStdout ?? false,
    CanRemove: false,
    ContainerID: containerId,
    DetachKeys: spec.detachKeys ?? "",
    Pid: pid,
  });
}

async function start(call: Call<Static<typeof startBody>>) {
  const { engine, body, params, version, log } = call;
  const id = params["id"] ?? "";
  const { spec } = engine.containers.execInspect(id);
  const keys = parseDetachKeys(spec.detachKeys ?? "");
  engine.containers.execCheck(id);
  const run = () => engine.containers.execStart(id, sizeOf(body.ConsoleSize));
  if (body.Detach) {
    abandon(await run());
    return reply(200);
  }
  // The head goes before the process starts, as with Docker: docker-py loses what comes in one piece with it.
  const raw = body.Tty ?? false;
  const socket = hijack(call, streamType({ tty: raw, version }));
  // The request is answered now; what follows is the conversation, which ends by itself.
  const conversation = {
    spec,
    raw,
    keys: spec.tty ? new DetachKeys(keys) : undefined,
    detached: () => engine.containers.execDetached(id),
  };
  converse(socket, run(), conversation).catch((error: unknown) => {
    log.error({ err: error, exec: id }, "an exec stream failed");
    socket.destroy();
  });
  return takenOver;
}

/** Nobody listens any more: the process goes on, and must not block. */
function abandon(session: ExecSession): void {
  session.stdin.end();
  session.stdout.resume();
  session.stderr.resume();
}

interface Conversation {
  readonly spec: ExecSpec;
  /**
   * No frames: the client's word at the start, whatever the process has (moby, api/server/router/container/exec.go).
   * Nothing tells the outputs apart then, so that only the first is sent.
   */
  readonly raw: boolean;
  readonly keys: DetachKeys | undefined;
  detached(): void;
}

/**
 * Joins a client's connection to a process: input until its half-close, output until both outputs and the process end, or
 * until the client asks to be detached. The process then goes on, as with Docker, and must not block.
 */
async function converse(
  socket: Socket,
  starting: Promise<ExecSession>,
  { spec, raw, keys, detached }: Conversation,
): Promise<void> {
  const left = Promise.withResolvers<void>();
  // From the beginning: what is typed while the process starts is for it.
  using _input = spec.attachStdin ? joinInput(socket, starting, { keys, detached, left: left.resolve }) : undefined;
  if (!spec.attachStdin) socket.resume();
  const session = await starting.catch((error: unknown) => tellFailure(socket, error, raw));
  if (session === undefined) return;
  if (!spec.attachStdin) session.stdin.end();
  if (socket.destroyed) abandon(session);
  socket.once("close", () => abandon(session));
  await Promise.race([sendOutputs(socket, session, { spec, raw }), left.promise]);
  part(socket);
  session.stdout.resume();
  session.stderr.resume();
}

/** Docker's way once the head is gone: the reason is the only output. */
function tellFailure(socket: Socket, error: unknown, raw: boolean): undefined {
  const line = Buffer.from(`${toDocker(error).message}\r\n`);
  if (socket.writable) socket.write(raw ? line : frame("stdout", line));
  part(socket);
}

interface Joining {
  readonly keys: DetachKeys | undefined;
  detached(): void;
  left(): void;
}

function joinInput(socket: Socket, starting: Promise<ExecSession>, { keys, detached, left }: Joining): Disposable {
  // A start that fails is told by the conversation.
  const target = starting.then(
    ({ stdin }) => stdin,
    () => undefined,
  );
  return passInput(socket, {
    target,
    keys,
    onEnd: () => void target.then((stdin) => stdin?.end()),
    onDetach() {
      detached();
      left();
    },
  });
}
