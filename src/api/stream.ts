import type { ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
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
  using _guard = cutWhenStalled(call, raw);
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

/** How long a client that takes nothing holds up the end of the daemon. */
const stalledMs = 2000;

/** Once the server closes, a client that still reads gets the rest; one that does not would keep the daemon from ending. */
function cutWhenStalled({ signal, log, request }: Call<unknown>, raw: ServerResponse): Disposable {
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    let before = raw.socket?.bytesWritten;
    timer = setInterval(() => {
      const sent = raw.socket?.bytesWritten;
      const stalled = raw.writableNeedDrain && sent === before;
      before = sent;
      if (!stalled) return;
      log.warn({ url: request.url }, "a client that reads nothing is cut off, for the daemon ends");
      raw.destroy();
    }, stalledMs);
  };
  if (signal.aborted) begin();
  else signal.addEventListener("abort", begin, { once: true });
  return {
    [Symbol.dispose]() {
      signal.removeEventListener("abort", begin);
      clearInterval(timer);
    },
  };
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
