import type { LogEntry, OutputChunk } from "../contracts/runtime.ts";

const headerLength = 8;
const types = { stdin: 0, stdout: 1, stderr: 2 } as const;

/**
 * Wraps bytes in Docker's frame for streams that carry several outputs (Engine API, ContainerAttach): type, three
 * zero bytes, length as 32 bits big-endian.
 */
export function frame(stream: keyof typeof types, bytes: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(headerLength + bytes.length);
  putHeader(framed, 0, stream, bytes.length);
  framed.set(bytes, headerLength);
  return framed;
}

/** Docker's names of the two kinds of stream; the multiplexed one has had its own since 1.42. */
export function streamType(options: { tty: boolean; version: number }): string {
  return options.tty || options.version < 42
    ? "application/vnd.docker.raw-stream"
    : "application/vnd.docker.multiplexed-stream";
}

/** What a container wrote as the client reads it: in frames, or plain for a terminal, where there is one stream only. */
export function wire(chunks: readonly OutputChunk[], { tty }: { tty: boolean }): Uint8Array {
  if (tty) return Buffer.concat(chunks.map(({ bytes }) => bytes));
  const total = chunks.reduce((sum, { bytes }) => sum + headerLength + bytes.length, 0);
  const framed = Buffer.allocUnsafe(total);
  let at = 0;
  for (const { stream, bytes } of chunks) {
    putHeader(framed, at, stream, bytes.length);
    framed.set(bytes, at + headerLength);
    at += headerLength + bytes.length;
  }
  return framed;
}

function putHeader(target: Buffer, at: number, stream: keyof typeof types, length: number): void {
  target.writeUInt32BE(types[stream] * 0x1000000, at);
  target.writeUInt32BE(length, at + 4);
}

export interface LogForm {
  readonly tty: boolean;
  readonly timestamps: boolean;
  /** Put before each line, behind its time. */
  readonly details?: string;
}

/** Log entries as the client reads them, a frame a line. */
export async function* framed(
  batches: AsyncIterable<readonly LogEntry[]>,
  { tty, timestamps, details = "" }: LogForm,
): AsyncGenerator<Uint8Array> {
  const isPlain = !timestamps && details === "";
  const before = ({ time }: LogEntry): Buffer => Buffer.from(timestamps ? `${time} ${details}` : details);
  const adorned = (entry: LogEntry): OutputChunk => ({
    stream: entry.stream,
    bytes: Buffer.concat([before(entry), entry.bytes]),
  });
  for await (const entries of batches) yield wire(isPlain ? entries : entries.map(adorned), { tty });
}
