import { createSocket, type Socket } from "node:dgram";
import type { PacketBatch } from "../../contracts/packets.ts";
import type { Resolver, SendLater } from "../resolver.ts";

/** Batches answered in one turn of the event loop: then other sandboxes have theirs. */
const MAX_BATCHES = 4;

/** Addresses are numbers already; the default lookup would put every datagram off to a later turn. */
const noLookup = (address: string, _options: unknown, done: (error: null, address: string, family: 4) => void) =>
  done(null, address, 4);

/**
 * Serves a resolver on a bound UDP socket, which it owns. libuv says when there is something to read, by reading the
 * first datagram; if there is a `batch`, the rest of what waits is received and answered many at a time, which more
 * than doubles the rate. Without one everything goes through node:dgram.
 */
export class UdpServer implements Disposable {
  readonly #socket: Socket;
  readonly #fd: number;
  readonly #resolver: Resolver;
  readonly #batch: PacketBatch | undefined;
  #isClosed = false;

  constructor(fd: number, resolver: Resolver, batch: PacketBatch | undefined, onError: (error: Error) => void) {
    this.#fd = fd;
    this.#resolver = resolver;
    this.#batch = batch;
    this.#socket = createSocket({ type: "udp4", lookup: noLookup as never });
    this.#socket.on("error", onError);
    this.#socket.on("message", (bytes, { address, port }) => this.#onMessage(bytes, address, port));
    this.#socket.bind({ fd });
  }

  #onMessage(bytes: Buffer, address: string, port: number): void {
    const length = this.#resolver.handle(bytes, 0, bytes.length, false, () => this.#senderTo(address, port));
    if (length > 0) this.#send(this.#resolver.answerBytes, length, address, port);
    if (!this.#batch) return;
    for (let count = 0; count < MAX_BATCHES; count += 1) if (!this.#drain(this.#batch)) return;
  }

  /** Answers what waits, at most one batch; true if there may be more. */
  #drain(batch: PacketBatch): boolean {
    const received = batch.receive(this.#fd);
    for (let slot = 0; slot < received; slot += 1) this.#answerSlot(batch, slot);
    if (received > 0) batch.send(this.#fd);
    return received === batch.capacity;
  }

  #answerSlot(batch: PacketBatch, slot: number): void {
    const start = slot * batch.slotSize;
    const later = () => {
      const { address, port } = batch.sender(slot);
      return this.#senderTo(address, port);
    };
    const length = this.#resolver.handle(batch.received, start, start + batch.length(slot), false, later);
    if (length === 0) return;
    if (length <= batch.slotSize) batch.reply(slot, this.#resolver.answerBytes, length);
    else later()(this.#resolver.answerBytes, length);
  }

  #senderTo(address: string, port: number): SendLater {
    return (bytes, length) => {
      if (!this.#isClosed) this.#send(bytes, length, address, port);
    };
  }

  /** A client that has gone away is no error of ours, and has nobody to be told; the callback keeps it from being thrown. */
  #send(bytes: Buffer, length: number, address: string, port: number): void {
    this.#socket.send(Buffer.from(bytes.subarray(0, length)), port, address, () => {});
  }

  [Symbol.dispose](): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#socket.close();
  }
}
