import koffi from "koffi";
import { errnoName, kernelError } from "./errno.ts";

const lib = koffi.load("libc.so.6");
const connectCall = lib.func("int connect(int fd, void *address, uint32_t length)");
const fcntl = lib.func("int fcntl(int fd, int command, int argument)");

const F_DUPFD_CLOEXEC = 1030;
/** socket(2): the type's flag for a socket that never blocks. */
export const SOCK_NONBLOCK = 0o4000;

/** Connects a non-blocking socket to `address`, as sockaddr.ts makes it; TCP may still be under way on return. */
export function connect(fd: number, address: Uint8Array, what: string): void {
  if (connectCall(fd, address, address.length) === 0) return;
  const errno = koffi.errno();
  if (errnoName(errno) !== "EINPROGRESS") throw kernelError(`connect to ${what}`, errno);
}

/** A second descriptor of the same open socket, to be closed by itself. */
export const duplicate = (fd: number): number => duplicateFrom(fd, 0);

/** As duplicate(), numbered `lowest` or higher. */
export function duplicateFrom(fd: number, lowest: number): number {
  const copy: number = fcntl(fd, F_DUPFD_CLOEXEC, lowest);
  if (copy < 0) throw kernelError(`duplicate descriptor ${fd}`, koffi.errno());
  return copy;
}
