import { Readable } from "node:stream";
import { pollable } from "./pollable.ts";

/** The packets that come on a connected socket, which it takes over. */
export function packetReader(descriptor: number): Readable {
  // A read returns one packet, and a stream that flows hands on what each read returned by itself.
  const socket = pollable(descriptor, { readable: true, writable: false });
  const reader = new Readable({
    objectMode: true,
    read: () => void socket.resume(),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on("data", (packet) => void (reader.push(packet) || socket.pause()));
  socket.on("end", () => reader.push(null));
  socket.on("error", (error) => reader.destroy(error));
  return reader;
}
