import type { Readable, Writable } from "node:stream";

/** Streams on descriptors that Node's own sockets refuse: the event loop polls them like any other. */
export interface Streams {
  /**
   * Writes to whoever listens on the unix socket of packets (SOCK_SEQPACKET) at `path`; a packet is `packetLength` bytes
   * at most. Nothing is ever read: what the other side sends is refused, so that it never waits for us. Throws when
   * nobody listens.
   */
  packetWriter(path: string, packetLength: number): Writable;
  /**
   * Reads from whoever listens on such a socket: Buffers, a packet each. It ends when the other side has closed, with all
   * that was sent before; a reader that is slow makes it wait. Throws when nobody listens.
   */
  packetReader(path: string): Readable;
}
