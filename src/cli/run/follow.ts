import type { Client } from "../../client/client.ts";
import type { Output } from "../../client/containers.ts";
import { ApiError } from "../../client/errors.ts";
import { ExitError } from "../errors.ts";
import type { Terminal } from "../output/terminal.ts";

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
  /** Called once the container runs. */
  started?(): void;
}

/** Starts a container in the foreground: its output is ours, our signals are its; resolves to its exit code. */
export async function follow({ client, out, id, removed, started }: Foreground): Promise<number> {
  // Both before the start, so that nothing it writes and no quick exit is missed.
  const output = copyOutput(await client.containers.attach(id), out);
  output.catch(() => undefined);
  const { exit } = await client.containers.wait(id, removed ? "removed" : "next-exit");
  using _signals = forwardSignals(client, out, id);
  await client.containers.start(id);
  started?.();
  await output;
  return await exit;
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
