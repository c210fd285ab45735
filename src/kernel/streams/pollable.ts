import { Socket, type SocketConstructorOpts } from "node:net";
import { kernelError } from "../ffi/errno.ts";

/** libuv's pipe, as far as needed here: uv_pipe_open() takes every descriptor that epoll takes, whatever it is. */
interface PipeBinding {
  readonly Pipe: new (type: number) => { open(fd: number): number };
  readonly constants: { readonly SOCKET: number };
}

// net.Socket({ fd }) refuses sockets of packets by their type, and tty.ReadStream writes to a terminal's controller with
// the event loop waiting. The binding is deprecated in the documentation only (DEP0111) and has no successor.
const { Pipe, constants } = (process as unknown as { binding(name: string): PipeBinding }).binding("pipe_wrap");

/** A stream on any descriptor that can be polled, which it takes over and makes non-blocking. */
export function pollable(fd: number, options: Pick<SocketConstructorOpts, "readable" | "writable">): Socket {
  const handle = new Pipe(constants.SOCKET);
  const errno = handle.open(fd);
  if (errno !== 0) throw kernelError(`poll descriptor ${fd}`, errno);
  return new Socket({ ...options, handle, allowHalfOpen: true } as unknown as SocketConstructorOpts);
}
