import type { Duplex, Writable } from "node:stream";

/** Streams on descriptors that Node's own sockets refuse: the event loop polls them like any other. */
export interface Streams {
  /** Reads and writes a terminal or another descriptor that can be polled; takes it over, and never blocks. */
  duplex(descriptor: number): Duplex;
  /**
   * Writes to whoever listens on the unix socket of packets (SOCK_SEQPACKET) at `path`; a packet is `packetLength` bytes
   * at most. Nothing is ever read: what the other side sends is refused, so that it never waits for us. Throws when
   * nobody listens.
   */
  packetWriter(path: string, packetLength: number): Writable;
}
