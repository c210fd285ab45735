import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { invalid } from "../../base/errors.ts";
import { runProgram } from "../run-program.ts";

/** Writes a stream to a file and returns the SHA-256 of what went by, in hex. */
export async function receiveArchive(archive: NodeJS.ReadableStream, file: string): Promise<string> {
  const hash = createHash("sha256");
  const digest = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk);
      done(null, chunk);
    },
  });
  await pipeline(archive, digest, createWriteStream(file, { mode: 0o600 }));
  return hash.digest("hex");
}

/**
 * Unpacks a tar, whose compression tar finds out itself, into an empty directory, and returns its bytes unpacked. tar
 * keeps what it writes inside: it strips leading slashes, refuses "..", and makes links only after all files.
 */
export async function unpack(tar: string, file: string, directory: string): Promise<number> {
  const keep = ["--numeric-owner", "--same-owner", "--same-permissions", "--xattrs", "--xattrs-include=*", "--acls"];
  const { exitCode, stderr } = await runProgram(tar, ["-xf", file, "-C", directory, "--totals", ...keep]);
  if (exitCode !== 0) throw invalid("archive", `tar cannot unpack it: ${lastComplaint(stderr)}`);
  return Number(/Total bytes read: (\d+)/.exec(stderr)?.[1] ?? 0);
}

/** tar's last lines only say that it stopped, or what it met while it did; the cause is the line before them. */
function lastComplaint(stderr: string): string {
  const lines = stderr
    .split("\n")
    .filter((line) => line !== "" && !/Exiting|not recoverable|Total bytes|rmtlseek|Skipping to/.test(line));
  return (lines.at(-1) ?? "it gives no reason").replace(/^\S*tar: /, "");
}
