import type { Call } from "./route.ts";

/** How long a client that does nothing holds up the end of the daemon. */
const stalledMs = 2000;

/**
 * Once the server closes, a client that goes on reading or sending is waited for; one that we wait for (`waiting`) and whose
 * connection moves nothing would keep the daemon from ending, and is cut off.
 */
export function cutWhenStalled({ signal, log, request }: Call<unknown>, waiting: () => boolean): Disposable {
  const { socket } = request.raw;
  const moved = () => socket.bytesRead + socket.bytesWritten;
  let timer: NodeJS.Timeout | undefined;
  const begin = () => {
    let before = moved();
    timer = setInterval(() => {
      const stalled = waiting() && moved() === before;
      before = moved();
      if (!stalled) return;
      log.warn({ url: request.url }, "a client that does nothing is cut off, for the daemon ends");
      socket.destroy();
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
