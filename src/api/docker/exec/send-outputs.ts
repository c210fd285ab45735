import type { Socket } from "node:net";
import { finished } from "node:stream/promises";
import { setTimeout as passes } from "node:timers/promises";
import type { ExecSession, ExecSpec } from "../../../contracts/runtime.ts";
import { frame } from "../../frames.ts";

/** Docker's patience with what a process has left running and holds its outputs open. */
const restMs = 2000;

interface Sending {
  readonly spec: ExecSpec;
  /** No frames: the process has one output for the client, and nothing tells two apart. */
  readonly raw: boolean;
}

/**
 * Sends a process's outputs until they end and the process has ended, at least as long as something comes. What the client
 * has not asked for is read and dropped. A terminal has one output.
 */
export async function sendOutputs(socket: Socket, session: ExecSession, { spec, raw }: Sending): Promise<void> {
  const { tty, attachStdout = false, attachStderr = false } = spec;
  const outputs: Output[] = [];
  if (attachStdout) outputs.push(new Output("stdout", session.stdout, { socket, raw }));
  else session.stdout.resume();
  if (attachStderr && !tty && !raw) outputs.push(new Output("stderr", session.stderr, { socket, raw }));
  else session.stderr.resume();
  const over = new AbortController();
  const silent = session.exited.then(() => untilSilent(socket, outputs, over.signal));
  await Promise.race([Promise.all([...outputs.map(({ ended }) => ended), session.exited]), silent]);
  over.abort();
}

async function untilSilent(socket: Socket, outputs: readonly Output[], signal: AbortSignal): Promise<void> {
  const count = () => outputs.reduce((sum, { sentBytes }) => sum + sentBytes, 0);
  let before: number;
  do {
    before = count();
    await passes(restMs, undefined, { signal });
  } while (socket.writable && (count() !== before || socket.writableLength > 0));
}

/** Copies one output, pausing the process while the client is slow. */
class Output {
  sentBytes = 0;
  readonly ended: Promise<void>;

  constructor(
    stream: "stdout" | "stderr",
    from: NodeJS.ReadableStream,
    { socket, raw }: { socket: Socket; raw: boolean },
  ) {
    from.on("data", (bytes: Uint8Array) => {
      this.sentBytes += bytes.length;
      if (!socket.writable || socket.write(raw ? bytes : frame(stream, bytes))) return;
      from.pause();
      socket.once("drain", () => from.resume());
    });
    // A broken pipe ends it too; the exit code tells the rest.
    this.ended = finished(from, { writable: false }).catch(() => undefined);
  }
}
