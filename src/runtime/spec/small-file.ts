import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { invalid } from "../../base/errors.ts";
import { readAtMost } from "../../base/read-at-most.ts";

/** O_PATH of open(2), which node:fs lacks. Such a descriptor names a file without opening what it is. */
const O_PATH = 0o10000000;

/** Far beyond any /etc/passwd; it is read and taken apart in one go, while nothing else runs. */
const largestBytes = 1 << 20;

/** The text of a file that a container may have put there; "" when there is none. A link at its end is not followed. */
export function smallFileAt(path: string, name: string): string {
  let fd: number;
  try {
    fd = openSync(path, O_PATH | constants.O_NOFOLLOW);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return "";
    throw cause;
  }
  try {
    return smallFileText(fd, name);
  } finally {
    closeSync(fd);
  }
}

/**
 * The text of what an O_PATH descriptor names; "" unless it is a regular file, as if it were not there: a device may
 * never come to an end, and some do things when they are only opened. `name`: what the error calls it.
 */
export function smallFileText(pathFd: number, name: string): string {
  if (!fstatSync(pathFd).isFile()) return "";
  const fd = openSync(`/proc/self/fd/${pathFd}`, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const bytes = readAtMost(fd, largestBytes);
    if (!bytes) throw invalid(name, `it is larger than ${largestBytes} bytes; make it smaller`);
    return bytes.toString("utf8");
  } finally {
    closeSync(fd);
  }
}
