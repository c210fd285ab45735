import { fstatSync, readSync } from "node:fs";

/** All that an open file has; undefined when it is longer, also when it grows meanwhile. */
export function readAtMost(fd: number, limit: number): Buffer | undefined {
  if (fstatSync(fd).size > limit) return undefined;
  const buffer = Buffer.allocUnsafe(limit + 1);
  let length = 0;
  for (let got = -1; got !== 0 && length < buffer.length; length += got) {
    got = readSync(fd, buffer, length, buffer.length - length, null);
  }
  return length > limit ? undefined : buffer.subarray(0, length);
}
