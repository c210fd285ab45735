import { KernelError } from "../../base/kernel-error.ts";
import * as libc from "../ffi/libc.ts";
import {
  decodeVerdict,
  eachFrame,
  type Frame,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
} from "../netlink/frame.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import type { Chunk } from "./messages.ts";

/** Every message of a chunk may fail, and a refusal takes 800 bytes of the buffer: 3,000 of them. */
const RECEIVE_BUFFER = 4 * 1024 * 1024;
const DUMP_ATTEMPTS = 20;
/** Above all sequence numbers of requests, which count from 0 in each chunk. */
const DUMP_SEQUENCE = 0x7fffffff;

/** Sends many requests and hears of refusals only: one acknowledgement a chunk, not one a message. */
export class ForwardingChannel implements Disposable {
  readonly #socket: NetlinkSocket;
  readonly #buffer = Buffer.allocUnsafeSlow(256 * 1024);

  /** Takes a socket of the host's namespace that nobody else uses, and closes it in the end. */
  constructor(socket: NetlinkSocket) {
    this.#socket = socket;
    libc.setSocketOption(socket.fd, libc.SOL_SOCKET, libc.SO_RCVBUFFORCE, RECEIVE_BUFFER);
  }

  /** Throws ENODEV without such a link. */
  ifIndex(device: string): number {
    const index = libc.ifIndexOf(this.#socket.fd, device);
    if (index === undefined) throw new KernelError(`find link "${device}"`, "ENODEV");
    return index;
  }

  /** Sends chunks in order; throws the first refusal whose errno is not in `forgiven`, after the chunk it is in. */
  send(chunks: readonly Chunk[], describe: (message: number) => string, forgiven: readonly string[] = []): void {
    for (const chunk of chunks) this.#sendOne(chunk, describe, forgiven);
  }

  #sendOne({ bytes, first, count }: Chunk, describe: (message: number) => string, forgiven: readonly string[]): void {
    libc.send(this.#socket.fd, bytes);
    let refusal: KernelError | undefined;
    for (let answered = false; !answered; ) {
      for (const frame of this.#receive(`answers about ${count} forwarding entries`)) {
        if (frame.type !== NLMSG_ERROR) continue;
        const { errno, text } = decodeVerdict(frame);
        if (errno && !forgiven.includes(errno))
          refusal ??= new KernelError(describe(first + frame.sequence), errno, text);
        answered ||= frame.sequence === count - 1;
      }
    }
    if (refusal) throw refusal;
  }

  /** Calls `each` with the payload of every message of a list; anew, after `restart`, when the list changed meanwhile. */
  dump(request: Buffer, what: string, each: (bytes: Uint8Array) => void, restart: () => void): void {
    request.writeUInt16LE(NLM_F_REQUEST | NLM_F_DUMP, 6);
    request.writeUInt32LE(DUMP_SEQUENCE, 8);
    for (let attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
      restart();
      if (this.#dumpOnce(request, what, each)) return;
    }
    throw new KernelError(what, "EINTR", `the list changed during each of ${DUMP_ATTEMPTS} attempts`);
  }

  #dumpOnce(request: Buffer, what: string, each: (bytes: Uint8Array) => void): boolean {
    libc.send(this.#socket.fd, request);
    let whole = true;
    for (;;) {
      for (const frame of this.#receive(what)) {
        if (frame.sequence !== DUMP_SEQUENCE) continue;
        if (frame.flags & NLM_F_DUMP_INTR) whole = false;
        if (frame.type !== NLMSG_DONE && frame.type !== NLMSG_ERROR) {
          each(frame.payload);
          continue;
        }
        const { errno, text } = decodeVerdict(frame);
        if (errno) throw new KernelError(what, errno, text);
        return whole;
      }
    }
  }

  /** Never waits: the kernel answers inside send(). */
  #receive(what: string): Iterable<Frame> {
    try {
      return eachFrame(this.#buffer.subarray(0, libc.receive(this.#socket.fd, this.#buffer, libc.MSG_DONTWAIT)));
    } catch (error) {
      const { errno } = error as KernelError; // ENOBUFS: answers are lost
      this.#drain();
      throw new KernelError(`receive ${what}`, errno, undefined, { cause: error });
    }
  }

  /** What is still there would be taken for answers to the next. */
  #drain(): void {
    try {
      for (;;) libc.receive(this.#socket.fd, this.#buffer, libc.MSG_DONTWAIT);
    } catch (error) {
      if (!(error instanceof KernelError) || error.errno !== "EAGAIN") throw error;
    }
  }

  [Symbol.dispose](): void {
    this.#socket[Symbol.dispose]();
  }
}
