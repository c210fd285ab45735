import { CutShortError } from "./errors.ts";

export interface Frame {
  readonly stream: "stdin" | "stdout" | "stderr";
  readonly bytes: Buffer;
}

const streams = ["stdin", "stdout", "stderr"] as const;
const headerLength = 8;

/** Takes Docker's frames apart (Engine API, ContainerAttach): type, three zero bytes, length as 32 bits big-endian. */
export async function* readFrames(source: AsyncIterable<Uint8Array>): AsyncGenerator<Frame> {
  let buffer: Buffer = Buffer.alloc(0);
  for await (const bytes of source) {
    buffer = buffer.length > 0 ? Buffer.concat([buffer, bytes]) : Buffer.from(bytes);
    while (buffer.length >= headerLength) {
      const end = headerLength + buffer.readUInt32BE(4);
      if (buffer.length < end) break;
      yield { stream: streams[buffer[0] ?? 0] ?? "stderr", bytes: buffer.subarray(headerLength, end) };
      buffer = buffer.subarray(end);
    }
  }
  if (buffer.length > 0) throw new CutShortError("a stream");
}

/** True when the answer carries frames; a terminal's output comes as it is. */
export const isFramed = (headers: ReadonlyMap<string, string>): boolean =>
  headers.get("content-type") === "application/vnd.docker.multiplexed-stream";
