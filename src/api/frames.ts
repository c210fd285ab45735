import type { LogEntry } from "../contracts/runtime.ts";

const headerLength = 8;
const types = { stdin: 0, stdout: 1, stderr: 2 } as const;

/**
 * Wraps bytes in Docker's frame for streams that carry several outputs (Engine API, ContainerAttach): type, three
 * zero bytes, length as 32 bits big-endian.
 */
export function frame(stream: keyof typeof types, bytes: Uint8Array): Buffer {
  const framed = Buffer.allocUnsafe(headerLength + bytes.length);
  framed.writeUInt32BE(types[stream] * 0x1000000, 0);
  framed.writeUInt32BE(bytes.length, 4);
  framed.set(bytes, headerLength);
  return framed;
}

/** Docker's names of the two kinds of stream; the multiplexed one has had its own since 1.42. */
export function streamType(options: { tty: boolean; version: number }): string {
  return options.tty || options.version < 42
    ? "application/vnd.docker.raw-stream"
    : "application/vnd.docker.multiplexed-stream";
}

/** Log entries as the client reads them: in frames, or plain for a terminal, where there is one stream only. */
export async function* framed(
  entries: AsyncIterable<LogEntry>,
  options: { tty: boolean; timestamps: boolean },
): AsyncGenerator<Uint8Array> {
  for await (const { stream, time, bytes } of entries) {
    const line = options.timestamps ? Buffer.concat([Buffer.from(`${time} `), bytes]) : bytes;
    yield options.tty ? line : frame(stream, line);
  }
}
