import { closeSync, fstatSync, openSync, readSync, watch } from "node:fs";

/** Bytes of a file from `offset` on, as text. */
export function textFrom(path: string, offset: number): string {
  const file = openSync(path, "r");
  try {
    const bytes = Buffer.alloc(Math.max(0, fstatSync(file).size - offset));
    return bytes.toString("utf8", 0, readSync(file, bytes, 0, bytes.length, offset));
  } finally {
    closeSync(file);
  }
}

/**
 * Waits for a whole line that matches in what is written to a file from `offset` on, and returns it. Aborted, it
 * rejects with the signal's reason.
 */
export function lineInFile(path: string, pattern: RegExp, offset: number, signal?: AbortSignal): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const watcher = watch(path);
  const look = () => {
    try {
      const lines = textFrom(path, offset).split("\n").slice(0, -1);
      const found = lines.find((line) => pattern.test(line));
      if (found !== undefined) resolve(found);
    } catch (error) {
      reject(error); // its machine is gone
    }
  };
  const abort = () => reject(signal?.reason);
  watcher.on("change", look).on("error", reject);
  signal?.addEventListener("abort", abort);
  if (signal?.aborted) abort();
  look();
  return promise.finally(() => {
    watcher.close();
    signal?.removeEventListener("abort", abort);
  });
}
