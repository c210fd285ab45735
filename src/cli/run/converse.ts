import type { Client } from "../../client/client.ts";
import { outputs } from "../../client/containers.ts";
import type { Terminal } from "../output/terminal.ts";
import { copyOutput } from "./follow.ts";
import { onResize, passInput } from "./keyboard.ts";

interface Conversation {
  readonly client: Client;
  readonly out: Terminal;
  /** Of a prepared command. */
  readonly id: string;
  readonly tty: boolean;
  readonly input: boolean;
  readonly size: readonly [rows: number, columns: number] | undefined;
}

/** Runs a prepared command: our input is its input, its output ours; resolves to its exit code. */
export async function converse({ client, out, id, tty, input, size }: Conversation): Promise<number> {
  const start = { Tty: tty, ...(size ? { ConsoleSize: size } : {}) };
  const { socket, output, headers } = await client.exec.start(id, start);
  using _resize = tty ? followSize(client, out, id) : undefined;
  using _raw = input && tty && out.stdin.isTTY ? await out.rawMode() : undefined;
  using _input = input ? passInput(out.stdin, socket) : undefined; // the daemon looks for the keys that leave
  if (!input) socket.end(); // half-close: the command's input is at its end
  await copyOutput(outputs(headers, output), out);
  const { ExitCode: code } = await client.exec.inspect(id);
  return code ?? 0;
}

/** Tells the daemon whenever the terminal changes its size. */
function followSize(client: Client, out: Terminal, id: string): Disposable {
  return onResize(out, (rows, columns) => client.exec.resize(id, rows, columns));
}
