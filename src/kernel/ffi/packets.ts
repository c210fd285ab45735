import { constants } from "node:os";
import koffi from "koffi";
import type { PacketBatch } from "../../contracts/packets.ts";
import { kernelError } from "./errno.ts";
import { MSG_DONTWAIT } from "./libc.ts";

const lib = koffi.load("libc.so.6");
const recvmmsg = lib.func("int recvmmsg(int fd, void *messages, unsigned int count, int flags, void *timeout)");
const sendmmsg = lib.func("int sendmmsg(int fd, void *messages, unsigned int count, int flags)");

/** `struct mmsghdr` of 64-bit Linux: msghdr (56 octets), then msg_len; include/linux/socket.h. `struct iovec`: 16. */
const HEADER = 64;
const NAME_LENGTH = 8; // offset of msg_namelen; msg_name is first
const VECTOR = 16;
const VECTOR_COUNT = 24;
const RECEIVED_LENGTH = 56;
const NAME = 16; // struct sockaddr_in
/** What makes a socket say "not now": nothing is there, or no room is. */
const { EAGAIN, ENOBUFS, ENOMEM, EINTR } = constants.errno;
const notNow = [EAGAIN, ENOBUFS, ENOMEM, EINTR];

/** mmsghdr structs with the memory that they point to. */
class Messages {
  readonly bytes: Buffer;
  readonly names: Buffer;
  readonly headers: Buffer;
  readonly view: DataView;
  readonly #vectors: DataView;

  constructor(capacity: number, slotSize: number) {
    // allocUnsafeSlow: memory of its own outside the JavaScript heap, which never moves while it is referred to.
    this.bytes = Buffer.allocUnsafeSlow(capacity * slotSize);
    this.names = Buffer.allocUnsafeSlow(capacity * NAME);
    this.headers = Buffer.allocUnsafeSlow(capacity * HEADER).fill(0);
    const vectors = Buffer.allocUnsafeSlow(capacity * VECTOR);
    this.view = new DataView(this.headers.buffer, this.headers.byteOffset, this.headers.byteLength);
    this.#vectors = new DataView(vectors.buffer, vectors.byteOffset, vectors.byteLength);
    const [bytesAt, namesAt, vectorsAt] = [this.bytes, this.names, vectors].map(koffi.address) as [
      bigint,
      bigint,
      bigint,
    ];
    for (let slot = 0; slot < capacity; slot += 1) {
      this.view.setBigUint64(slot * HEADER, namesAt + BigInt(slot * NAME), true);
      this.view.setBigUint64(slot * HEADER + VECTOR, vectorsAt + BigInt(slot * VECTOR), true);
      this.view.setBigUint64(slot * HEADER + VECTOR_COUNT, 1n, true);
      this.view.setUint32(slot * HEADER + NAME_LENGTH, NAME, true);
      this.#vectors.setBigUint64(slot * VECTOR, bytesAt + BigInt(slot * slotSize), true);
      this.#vectors.setUint32(slot * VECTOR + 8, slotSize, true);
      this.#vectors.setUint32(slot * VECTOR + 12, 0, true);
    }
  }

  setLength(slot: number, length: number): void {
    this.#vectors.setUint32(slot * VECTOR + 8, length, true);
  }
}

/** recvmmsg(2) and sendmmsg(2) on IPv4 datagram sockets. For one thread. */
export class KernelPacketBatch implements PacketBatch {
  readonly capacity: number;
  readonly slotSize: number;
  readonly received: Buffer;
  readonly #in: Messages;
  readonly #out: Messages;
  #replies = 0;

  constructor(capacity = 64, slotSize = 4096) {
    this.capacity = capacity;
    this.slotSize = slotSize;
    this.#in = new Messages(capacity, slotSize);
    this.#out = new Messages(capacity, slotSize);
    this.received = this.#in.bytes;
  }

  receive(fd: number): number {
    this.#replies = 0;
    for (let slot = 0; slot < this.capacity; slot += 1)
      this.#in.view.setUint32(slot * HEADER + NAME_LENGTH, NAME, true);
    const count: number = recvmmsg(fd, this.#in.headers, this.capacity, MSG_DONTWAIT, null);
    if (count >= 0) return count;
    const errno = koffi.errno();
    if (notNow.includes(errno)) return 0;
    throw kernelError("receive datagrams", errno);
  }

  length(slot: number): number {
    return this.#in.view.getUint32(slot * HEADER + RECEIVED_LENGTH, true);
  }

  sender(slot: number): { address: string; port: number } {
    const { names } = this.#in;
    const at = slot * NAME;
    return { address: names.subarray(at + 4, at + 8).join("."), port: names.readUInt16BE(at + 2) };
  }

  reply(slot: number, bytes: Uint8Array, length: number): void {
    const out = this.#replies;
    this.#replies += 1;
    for (let index = 0; index < NAME; index += 1)
      this.#out.names[out * NAME + index] = this.#in.names[slot * NAME + index] as number;
    const at = out * this.slotSize;
    const target = this.#out.bytes;
    for (let index = 0; index < length; index += 1) target[at + index] = bytes[index] as number;
    this.#out.setLength(out, length);
  }

  send(fd: number): void {
    let first = 0;
    while (first < this.#replies) {
      const sent: number = sendmmsg(
        fd,
        this.#out.headers.subarray(first * HEADER),
        this.#replies - first,
        MSG_DONTWAIT,
      );
      if (sent < 0 && notNow.includes(koffi.errno())) break;
      first += Math.max(sent, 1); // a datagram that is refused (its sender's address is gone) must not hold up the next
    }
    this.#replies = 0;
  }
}
