import { spawn } from "node:child_process";
import { type Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { invalid } from "../../base/errors.ts";
import { decompressed } from "../decompress.ts";
import { programEnvironment, textOf } from "../run-program.ts";

/** Unpacks a tar, plain or compressed, into a directory. `steps` see its bytes uncompressed. */
export async function untar(
  { tar, options, steps = [] }: { tar: string; options: readonly string[]; steps?: readonly Transform[] },
  archive: NodeJS.ReadableStream,
  directory: string,
): Promise<void> {
  const { stream } = await decompressed(archive);
  const child = spawn(tar, ["-x", "-f", "-", "-C", directory, ...options], {
    stdio: ["pipe", "ignore", "pipe"],
    env: programEnvironment(),
  });
  const { promise: code, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", (cause) => reject(new Error(`Cannot run ${tar}`, { cause })));
  child.once("close", resolve);
  const fed = pipeline([stream, ...steps, lenient(child.stdin)]).then(
    () => undefined,
    (cause: Error) => cause,
  );
  const [exitCode, stderr] = await Promise.all([code, textOf(child.stderr)]);
  const failure = await fed;
  if (failure) throw failure;
  if (exitCode !== 0) throw invalid("archive", `tar cannot unpack it: ${lastComplaint(stderr)}`);
}

/**
 * Writes to a program that may stop reading before the end: tar does at the archive's own end, and when it fails. The rest
 * goes nowhere, but the steps see it.
 */
function lenient(input: Writable): Writable {
  let waiting: (() => void) | undefined;
  const goOn = () => {
    const done = waiting;
    waiting = undefined;
    done?.();
  };
  input.on("error", () => undefined); // the program's exit code tells
  // A pipe whose program has gone drops what was being written without calling back.
  input.on("close", goOn);
  return new Writable({
    write(chunk, _encoding, done) {
      if (input.destroyed) return done();
      waiting = done;
      input.write(chunk, goOn);
    },
    final(done) {
      if (!input.destroyed) input.end();
      done();
    },
    destroy(error, done) {
      input.destroy(); // a sender that fails: the program waits for nothing more
      done(error);
    },
  });
}

/** tar's last lines only say that it stopped, or what it met while it did; the cause is the line before them. */
function lastComplaint(stderr: string): string {
  const lines = stderr
    .split("\n")
    .filter((line) => line !== "" && !/Exiting|not recoverable|rmtlseek|Skipping to/.test(line));
  return (lines.at(-1) ?? "it gives no reason").replace(/^\S*tar: /, "");
}
