import type { Socket } from "node:net";
import type { Client } from "../../client/client.ts";
import type { Output } from "../../client/containers.ts";
import { ApiError } from "../../client/errors.ts";
import { ExitError } from "../errors.ts";
import type { Terminal } from "../output/terminal.ts";
import { onResize, passInput, passKeys } from "./keyboard.ts";

/** Copies a container's output to our own, each stream to its own. */
export async function copyOutput(output: AsyncIterable<Output>, out: Terminal): Promise<void> {
  for await (const { stream, bytes } of output) {
    if (stream === "stderr") out.writeError(bytes);
    else out.write(bytes);
  }
}

/** Signals that mean the container when a command runs it in the foreground. */
const forwarded: readonly NodeJS.Signals[] = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"];

/** So many requests to end and the command leaves, whatever the container does with them (docker: three). */
const patience = 3;

interface Foreground {
  readonly client: Client;
  readonly out: Terminal;
  readonly id: string;
  /** Whether the daemon removes it at its end. */
  readonly removed: boolean;
  /** Our input is its input. */
  readonly input?: boolean;
  /** It runs at a terminal, which is then ours. */
  readonly tty?: boolean;
  /** Called once the container runs. */
  started?(): void;
}

/**
 * Starts a container in the foreground: its output is ours, our signals are its, and so is our input if it is wanted.
 * Resolves to its exit code, or to 0 when the user has left it with the keys for that.
 */
export async function follow(foreground: Foreground): Promise<number> {
  const { client, out, id, removed, input = false, tty = false } = foreground;
  const left = Promise.withResolvers<"left">();
  // Both before the start, so that nothing it writes and no quick exit is missed.
  const { output, socket } = await client.containers.attach(id, { input });
  const copied = copyOutput(output, out);
  copied.catch(() => undefined);
  const { exit } = await client.containers.wait(id, removed ? "removed" : "next-exit");
  using _signals = tty ? undefined : forwardSignals(client, out, id);
  using _size = tty ? onResize(out, (rows, columns) => client.containers.resize(id, rows, columns)) : undefined;
  await client.containers.start(id);
  using _raw = input && tty && out.stdin.isTTY ? await out.rawMode() : undefined;
  using _input = input ? passTo(socket, foreground, () => left.resolve("left")) : undefined;
  foreground.started?.();
  if ((await Promise.race([copied, left.promise])) === "left") {
    socket.destroy();
    return 0;
  }
  return await exit;
}

function passTo(socket: Socket, { out, tty }: Foreground, leave: () => void): Disposable {
  return tty ? passKeys(out.stdin, socket, leave) : passInput(out.stdin, socket);
}

function forwardSignals(client: Client, out: Terminal, id: string): Disposable {
  let asked = 0;
  return out.onSignals(forwarded, (signal) => {
    if ((signal === "SIGINT" || signal === "SIGTERM") && ++asked >= patience) {
      out.errorLine(
        `got ${patience} SIGTERM/SIGINTs, forcefully exiting; the container ${id.slice(0, 12)} may still run`,
      );
      process.exit(1);
    }
    client.containers.kill(id, signal).catch((error: unknown) => {
      // It may have ended just now; anything else the user should know.
      if (!(error instanceof ApiError && [404, 409].includes(error.status))) out.errorLine((error as Error).message);
    });
  });
}

/** Docker's exit codes for a container that could not be started, read from the daemon's reason. */
export function startFailure(error: unknown): ExitError | undefined {
  if (!(error instanceof ApiError)) return undefined;
  const { message } = error;
  if (/executable file not found|no such file or directory|command not found/i.test(message)) return exit(127, message);
  if (/permission denied|is a directory|exec format error/i.test(message)) return exit(126, message);
  return undefined;
}

const exit = (code: number, message: string): ExitError =>
  new ExitError(code, `Error response from daemon: ${message}`);
