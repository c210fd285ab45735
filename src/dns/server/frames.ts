import type { Socket } from "node:net";

/** DNS over TCP: each message after its length in two octets (RFC 1035 section 4.2.2). */

/** Calls `onFrame` for each whole message that arrives, however it was cut; its bytes are valid during the call only. */
export function readFrames(socket: Socket, onFrame: (bytes: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on("data", (chunk: Buffer) => {
    let bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    while (bytes.length >= 2 && bytes.length >= 2 + bytes.readUInt16BE(0)) {
      const end = 2 + bytes.readUInt16BE(0);
      onFrame(bytes.subarray(2, end));
      bytes = bytes.subarray(end);
    }
    rest = bytes.length === 0 ? bytes : Buffer.from(bytes); // a copy: a part must not keep the whole chunk alive
  });
}

/** Sends bytes[0, length) as one message, in one segment where it fits. */
export function writeFrame(socket: Socket, bytes: Uint8Array, length: number): void {
  const frame = Buffer.allocUnsafe(2 + length);
  frame.writeUInt16BE(length, 0);
  frame.set(bytes.subarray(0, length), 2);
  socket.write(frame);
}
