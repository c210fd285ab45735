import { closeSync, existsSync, linkSync, openSync, renameSync, rmSync, writeSync } from "node:fs";

/*
 * SQLite removes its log (-wal) with the last close and makes a new one at the next open, for which a disk that has become
 * full meanwhile has no room. So the file waits under another name.
 */
const logOf = (path: string): string => `${path}-wal`;
const spareOf = (path: string): string => `${path}-spare`;
/** Without its header nothing in a log counts (sqlite.org/fileformat2.html#walformat). */
const headerBytes = 32;

/** Before a close. */
export function keepLog(path: string): void {
  try {
    rmSync(spareOf(path), { force: true });
    linkSync(logOf(path), spareOf(path));
  } catch (error) {
    // No log, or a file system without links: then there is none to keep.
    if (!["ENOENT", "EPERM", "EOPNOTSUPP"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** Before an open. A log that is there is that of a process that was killed, and has what is not in the file. */
export function takeSpareLog(path: string): void {
  const spare = spareOf(path);
  if (existsSync(logOf(path))) rmSync(spare, { force: true });
  if (!existsSync(spare)) return;
  const fd = openSync(spare, "r+");
  writeSync(fd, new Uint8Array(headerBytes));
  closeSync(fd);
  renameSync(spare, logOf(path));
}
