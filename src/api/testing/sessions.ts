import { PassThrough } from "node:stream";
import { EngineError } from "../../base/errors.ts";
import type { ExecSession } from "../../contracts/runtime.ts";
import type { ExecView } from "../../engine/engine.ts";

/** A process that sends back what it is given, says "done" on stderr at the end of its input, and exits with 7. */
export function echoSession(resized: [number, number][] = []): ExecSession & { readonly stdin: PassThrough } {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const exited = Promise.withResolvers<number>();
  stdin.on("data", (chunk: Buffer) => stdout.write(chunk));
  stdin.on("end", () => {
    stderr.end("done");
    stdout.end();
    exited.resolve(7);
  });
  return {
    pid: 99,
    stdin,
    stdout,
    stderr,
    exited: exited.promise,
    resize: (rows, columns) => void resized.push([rows, columns]),
    kill: () => exited.resolve(137),
  };
}

/** Runs once only, as in the engine. */
export function checkExec({ id, running, exitCode }: ExecView): void {
  if (!running && exitCode === undefined) return;
  throw new EngineError("CONTAINER_REFUSED", { container: id, why: `exec command ${id} has already run` });
}
