import { main } from "./main.ts";
import { processTerminal } from "./output/terminal.ts";
import type { VerbTable } from "./verb-table.ts";

/** A process that SIGPIPE has killed ends with 128 + 13, and so do we when a reader such as head has gone. */
const brokenPipe = 141;

/** Runs this process's command line, which may name verbs of `table`, and ends the process with its exit code. */
export async function runCli(argv: readonly string[], table?: VerbTable): Promise<never> {
  const leave = (error: NodeJS.ErrnoException) => process.exit(error.code === "EPIPE" ? brokenPipe : 1);
  const out = processTerminal();
  // Writes to a pipe, file or terminal are synchronous on Linux, but fail in an event.
  process.stdout.on("error", leave);
  process.stderr.on("error", leave);
  const code = await main(argv, out, table);
  await Promise.all([process.stdout, process.stderr].map((stream) => new Promise((done) => stream.write("", done))));
  process.exit(code);
}
