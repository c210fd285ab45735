import { spawn } from "node:child_process";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { invalid } from "../base/errors.ts";
import { findProgram, programEnvironment, textOf } from "./run-program.ts";

export type Compression = "none" | "gzip" | "zstd" | "xz" | "bzip2";

const magic: readonly [Compression, Buffer][] = [
  ["gzip", Buffer.from([0x1f, 0x8b])],
  ["zstd", Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ["xz", Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
  ["bzip2", Buffer.from("BZh")],
];
const longestMagic = 6;

/** How the bytes at the start of a stream say that it is compressed. */
export const compressionOf = (head: Uint8Array): Compression =>
  magic.find(([, bytes]) => bytes.equals(head.subarray(0, bytes.length)))?.[0] ?? "none";

/** The stream uncompressed, whatever it is compressed with. What is cut off or damaged fails with INVALID. */
export async function decompressed(
  source: NodeJS.ReadableStream,
): Promise<{ compression: Compression; stream: Readable }> {
  const chunks = (source as Readable)[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  let head: Buffer = Buffer.alloc(0);
  for (let end = false; !end && head.length < longestMagic; ) {
    const { value, done } = await chunks.next();
    end = done === true;
    if (!end) head = Buffer.concat([head, Buffer.from(value)]);
  }
  const compression = compressionOf(head);
  const whole = Readable.from(rejoined(head, chunks), { objectMode: false });
  return { compression, stream: compression === "none" ? whole : Readable.from(unpacked(compression, whole)) };
}

async function* rejoined(head: Buffer, rest: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (head.length > 0) yield head;
    for (let { value, done } = await rest.next(); !done; { value, done } = await rest.next()) yield value;
  } finally {
    await rest.return?.();
  }
}

async function* unpacked(compression: Exclude<Compression, "none">, source: Readable): AsyncGenerator<Buffer> {
  if (compression === "xz" || compression === "bzip2") return yield* throughProgram(compression, source);
  const decoder = compression === "gzip" ? createGunzip() : createZstdDecompress();
  // A sender that failed is told as it is, damaged data as what it is.
  let broken: unknown;
  source.once("error", (cause) => {
    broken = cause;
  });
  const fed = pipeline(source, decoder).catch(() => undefined); // told by the loop below, which ends with it
  try {
    yield* decoder as AsyncIterable<Buffer>;
  } catch (cause) {
    throw broken ?? invalid("archive", `its ${compression} data cannot be read: ${(cause as Error).message}`);
  }
  await fed;
}

async function* throughProgram(name: "xz" | "bzip2", source: Readable): AsyncGenerator<Buffer> {
  const child = spawn(findProgram(name, name === "xz" ? "xz-utils" : "bzip2"), ["-dc"], { env: programEnvironment() });
  const ended = new Promise<number | null>((resolve) => child.once("close", resolve));
  child.once("error", () => undefined); // it closes too, with a code that is not 0
  const complaint = textOf(child.stderr);
  const fed = pipeline(source, child.stdin).then(
    () => undefined,
    (cause: NodeJS.ErrnoException) => (cause.code === "EPIPE" ? undefined : cause),
  );
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
  } finally {
    child.kill();
  }
  const failure = await fed;
  if (failure) throw failure;
  if ((await ended) !== 0) throw invalid("archive", `its ${name} data cannot be read: ${(await complaint).trim()}`);
}
