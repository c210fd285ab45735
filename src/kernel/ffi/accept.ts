import koffi from "koffi";
import { kernelError } from "./errno.ts";

const acceptCall = koffi.load("libc.so.6").func("int accept(int fd, void *address, void *length)");

/** The next connection to a listening socket; waits for it. */
export function accept(listener: number): number {
  const fd: number = acceptCall(listener, null, null);
  if (fd < 0) throw kernelError("accept a connection", koffi.errno());
  return fd;
}
