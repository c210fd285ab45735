import type { Socket } from "node:net";
import { Writable } from "node:stream";
import type { Streams } from "../../contracts/streams.ts";
import { connectForPackets, connectToWrite } from "../ffi/packet-connection.ts";
import { packetReader } from "./packet-reader.ts";
import { pollable } from "./pollable.ts";

/** Streams on this machine's descriptors. */
export const streams: Streams = {
  packetWriter: (path, packetLength) => packetWriter(connectToWrite(path), packetLength),
  packetReader: (path) => packetReader(connectForPackets(path)),
};

function packetWriter(descriptor: number, packetLength: number): Writable {
  const socket = pollable(descriptor, { readable: false, writable: true });
  const writer = new Writable({
    write: (bytes: Buffer, _encoding, done) => writePackets(socket, bytes, packetLength, done),
    final: (done) => void socket.end(done),
    destroy(error, done) {
      socket.destroy();
      done(error);
    },
  });
  socket.on("error", (error) => writer.destroy(error));
  return writer;
}

/** One after the other: what waits together would leave as one packet. */
function writePackets(socket: Socket, bytes: Buffer, length: number, done: (error?: Error | null) => void): void {
  socket.write(bytes.subarray(0, length), (error) => {
    if (error || bytes.length <= length) done(error);
    else writePackets(socket, bytes.subarray(length), length, done);
  });
}
