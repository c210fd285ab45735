import { closeSync, constants, fstatSync, ftruncateSync, openSync, writeSync } from "node:fs";

/**
 * Writes a text over a file's, in the same inode, so that who has it open or mounted sees it: with one write, and cut after
 * that. Cut short by a kill, it leaves the former text or this one, with empty lines at its end. A disk without room for it
 * leaves the former one, and is an error that names the file.
 */
export function writeInPlace(path: string, text: string): void {
  const fd = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o644);
  try {
    const bytes = Buffer.from(text);
    const { size } = fstatSync(fd);
    if (bytes.length > size) extend(fd, size, bytes.length);
    writeSync(fd, Buffer.concat([bytes, emptyLines(size - bytes.length)]), 0, undefined, 0);
    ftruncateSync(fd, bytes.length);
  } catch (cause) {
    throw new Error(`cannot write ${path}: ${(cause as Error).message}`, { cause });
  } finally {
    closeSync(fd);
  }
}

/** Takes the room first; what was there stays as it was when there is none. */
function extend(fd: number, from: number, to: number): void {
  try {
    for (let at = from; at < to; ) at += writeSync(fd, emptyLines(to - at), 0, undefined, at);
  } catch (error) {
    ftruncateSync(fd, from);
    throw error;
  }
}

const emptyLines = (count: number): Buffer => Buffer.alloc(Math.max(count, 0), "\n");
