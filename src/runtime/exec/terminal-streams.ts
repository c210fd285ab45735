import { type Duplex, PassThrough, type Readable, Writable } from "node:stream";

/**
 * The controlling end of a terminal as two streams. Reading it fails with EIO once the
 * program has closed the other end, which here is the end of its output, pty(7).
 */
export function terminalStreams(socket: Duplex): { input: Writable; output: Readable } {
  const output = new PassThrough();
  socket.on("data", (chunk) => void (output.write(chunk) || socket.pause()));
  output.on("drain", () => socket.resume());
  output.on("close", () => socket.destroy());
  socket.on("error", (cause: NodeJS.ErrnoException) => (cause.code === "EIO" ? output.end() : output.destroy(cause)));
  socket.on("close", () => output.end());
  const input = new Writable({
    // What is typed to a program that has ended goes nowhere.
    write: (chunk: Buffer, _encoding, done) => void (socket.destroyed ? done() : socket.write(chunk, () => done())),
  });
  return { input, output };
}
