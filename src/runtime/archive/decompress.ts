import { spawn } from "node:child_process";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createZstdDecompress } from "node:zlib";
import { ByteReader } from "./byte-reader.ts";

/** How compressed archives begin. */
const formats: readonly {
  readonly magic: readonly number[];
  readonly open: (source: Readable) => AsyncIterable<Buffer>;
}[] = [
  { magic: [0x1f, 0x8b], open: (source) => through(source, createGunzip()) },
  { magic: [0x28, 0xb5, 0x2f, 0xfd], open: (source) => through(source, createZstdDecompress()) },
  { magic: [0x42, 0x5a, 0x68], open: (source) => program("bzip2", source) },
  { magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00], open: (source) => program("xz", source) },
];

/** The archive as it was before it was compressed, if it was (docker cp and its API take what docker load takes). */
export async function decompressed(source: AsyncIterable<Uint8Array>): Promise<ByteReader> {
  const reader = new ByteReader(source);
  const head = await reader.peek(6);
  const format = formats.find(({ magic }) => magic.every((byte, index) => head[index] === byte));
  return format ? new ByteReader(format.open(Readable.from(reader.all(), { objectMode: false }))) : reader;
}

/** Both ends' failures end the other one. */
function through(source: Readable, transform: NodeJS.ReadWriteStream & AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  void pipeline(source, transform).catch(() => undefined); // it is in the transform, too
  return transform;
}

async function* program(name: string, source: Readable): AsyncGenerator<Buffer> {
  const child = spawn(name, ["-d", "-c"], { stdio: ["pipe", "pipe", "ignore"] });
  const ended = Promise.withResolvers<number | null>();
  child.once("error", () => ended.reject(new Error(`cannot unpack the archive: the program ${name} is not installed`)));
  child.once("close", (code) => ended.resolve(code));
  void pipeline(source, child.stdin).catch(() => undefined); // its exit code tells
  yield* child.stdout as AsyncIterable<Buffer>;
  if ((await ended.promise) !== 0) throw new Error(`cannot unpack the archive: ${name} says it is broken`);
}
