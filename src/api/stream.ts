import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { cutWhenStalled } from "./cut-stalled.ts";
import { type Call, takenOver } from "./route.ts";

/**
 * Answers 200 and sends what the iterable yields until it or the client ends. The head goes out at once: clients wait
 * for it before they go on. A slow client slows the iterable, never fills memory. A stream is destroyed in the end.
 */
export async function sendStream(
  call: Call<unknown>,
  contentType: string,
  chunks: AsyncIterable<string | Uint8Array>,
): Promise<typeof takenOver> {
  const raw = call.reply.hijack().raw;
  raw.writeHead(200, { ...headersOf(call), "Content-Type": contentType });
  raw.flushHeaders();
  using _guard = cutWhenStalled(call, () => raw.writableNeedDrain);
  try {
    await pipeline(Readable.from(chunks, { objectMode: true, highWaterMark: 1 }), raw);
  } catch (error) {
    // The head is out, so all that can be said is an unfinished body; a client that left is no failure.
    if (!call.signal.aborted) call.log.error({ err: error, url: call.request.url }, "a streamed answer was cut short");
    raw.destroy();
  } finally {
    // The iterator of a stream that nobody has begun to read does not do it: the client may have gone before.
    if (chunks instanceof Readable) chunks.destroy();
  }
  return takenOver;
}

/** Headers that the server sets on every answer; a hijacked one must write them itself. */
export function headersOf(call: Call<unknown>): Record<string, string> {
  return Object.fromEntries(Object.entries(call.reply.getHeaders()).map(([name, value]) => [name, String(value)]));
}

/** Resolves when the signal fires. */
export function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
