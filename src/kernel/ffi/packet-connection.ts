import { closeSync, constants, openSync } from "node:fs";
import { basename, dirname } from "node:path";
import koffi from "koffi";
import { connect, SOCK_NONBLOCK } from "./connect.ts";
import { kernelError } from "./errno.ts";
import { AF_UNIX, close, SOCK_SEQPACKET, socket } from "./libc.ts";
import { sockaddrUnix } from "./sockaddr.ts";

const shutdownCall = koffi.load("libc.so.6").func("int shutdown(int fd, int how)");
const SHUT_RD = 0;

/** A non-blocking connection to the SOCK_SEQPACKET socket at `path`. */
export function connectForPackets(path: string): number {
  const fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);
  try {
    connectTo(fd, path);
    return fd;
  } catch (cause) {
    close(fd);
    throw cause;
  }
}

/** As connectForPackets(), for writing: its other direction is shut, and a write of the peer fails with EPIPE, unix(7). */
export function connectToWrite(path: string): number {
  const fd = connectForPackets(path);
  if (shutdownCall(fd, SHUT_RD) === 0) return fd;
  const errno = koffi.errno();
  close(fd);
  throw kernelError(`shut the reading side of ${path}`, errno);
}

/** By way of its directory: an address holds 108 bytes, a path may be longer. */
function connectTo(fd: number, path: string): void {
  const directory = openSync(dirname(path), constants.O_DIRECTORY);
  try {
    connect(fd, sockaddrUnix(`/proc/self/fd/${directory}/${basename(path)}`), path);
  } finally {
    closeSync(directory);
  }
}
