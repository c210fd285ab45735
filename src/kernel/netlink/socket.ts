import { KernelError } from "../../base/kernel-error.ts";
import * as libc from "../ffi/libc.ts";
import { sockaddrNetlink } from "../ffi/sockaddr.ts";
import {
  type AttributeTable,
  concat,
  type Decoded,
  decodeMessage,
  encodeMessage,
  type MessageTable,
  type Values,
} from "./codec.ts";
import {
  decodeVerdict,
  eachFrame,
  encodeFrame,
  type Frame,
  NLM_F_ACK,
  NLM_F_DUMP,
  NLM_F_DUMP_INTR,
  NLM_F_REQUEST,
  NLMSG_DONE,
  NLMSG_ERROR,
  type Verdict,
} from "./frame.ts";

export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;
export const NETLINK_GENERIC = 16;
/** NFNL_MSG_BATCH_*, include/uapi/linux/netfilter/nfnetlink.h. */
const NFNL_MSG_BATCH_BEGIN = 0x10;
const NFNL_MSG_BATCH_END = 0x11;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const MSG_TRUNC = 0x20;

// One answer to a request costs the receive buffer about 800 bytes of the default 208 KiB, one send takes up to 208 KiB.
const BATCH_MESSAGES = 100;
const BATCH_BYTES = 64 * 1024;
const DUMP_ATTEMPTS = 20;

/** One message to the kernel; `operation` names it in errors: `create bridge "br0"`. */
export interface Request {
  readonly operation: string;
  readonly type: number;
  readonly flags: number;
  readonly payload: Uint8Array;
}

/** Describes a request by its message table. */
export function request<H, T extends AttributeTable>(
  operation: string,
  type: number,
  table: MessageTable<H, T>,
  value: { readonly header: H; readonly attributes: Values<T>; readonly flags?: number },
): Request {
  return { operation, type, flags: value.flags ?? 0, payload: encodeMessage(table, value) };
}

/** Dumps are at most 32 KiB a datagram (netlink_dump() in net/netlink/af_netlink.c); single answers may be longer. */
const buffer = new Uint8Array(256 * 1024);
const LAST_SEQUENCE = 2 ** 32 - 1; // nlmsg_seq is a __u32
let lastSequence = 0;

/** The first of `count` numbers in a row that no request under way has; they begin anew when the 32 bits are used up. */
function takeSequences(count: number): number {
  if (lastSequence + count > LAST_SEQUENCE) lastSequence = 0;
  lastSequence += count;
  return lastSequence - count + 1;
}

/**
 * A netlink socket of the namespace it was opened in, for ever. Synchronous: the kernel handles a request inside send(),
 * so the answers are there when it returns.
 */
export class NetlinkSocket implements Disposable {
  readonly fd: number;

  constructor(protocol: number) {
    this.fd = libc.socket(libc.AF_NETLINK, libc.SOCK_RAW, protocol);
    libc.setSocketOption(this.fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
    libc.setSocketOption(this.fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
    libc.bind(this.fd, sockaddrNetlink(0), "netlink");
  }

  /**
   * Sends all requests and returns the kernel's verdict on each, undefined for success. A request that fails does not
   * keep the kernel from the ones behind it: send what depends on another in a later batch.
   */
  try(requests: readonly Request[]): (KernelError | undefined)[] {
    return inBatches(requests).flatMap((batch) => this.#batch(batch));
  }

  /** Sends all requests; throws the first failure. */
  run(requests: readonly Request[]): void {
    for (const failure of this.try(requests)) if (failure) throw failure;
  }

  #batch(requests: readonly Request[]): (KernelError | undefined)[] {
    const first = takeSequences(requests.length);
    const frames = requests.map(({ type, flags, payload }, index) =>
      encodeFrame({ type, flags: flags | NLM_F_REQUEST | NLM_F_ACK, sequence: first + index, payload }),
    );
    libc.send(this.fd, concat(frames));
    const verdicts = new Map<number, Verdict>();
    while (verdicts.size < requests.length) {
      for (const frame of this.#receive())
        if (frame.type === NLMSG_ERROR && requests[frame.sequence - first])
          verdicts.set(frame.sequence, decodeVerdict(frame));
    }
    return requests.map(({ operation }, index) => {
      const verdict = verdicts.get(first + index);
      return verdict?.errno ? new KernelError(operation, verdict.errno, verdict.text) : undefined;
    });
  }

  /**
   * Sends requests of a netfilter subsystem as one transaction: all of them or none. Throws the first failure. Whether
   * the marks of begin and end are answered differs between kernels, so only the last request asks for an answer.
   */
  transact(subsystem: number, requests: readonly Request[]): void {
    const first = takeSequences(requests.length + 2);
    const last = first + requests.length;
    const mark = Uint8Array.of(0, 0, subsystem >> 8, subsystem & 255); // struct nfgenmsg
    const begin = { operation: "begin a transaction", type: NFNL_MSG_BATCH_BEGIN, flags: 0, payload: mark };
    const end = { operation: "end a transaction", type: NFNL_MSG_BATCH_END, flags: 0, payload: mark };
    const all = [begin, ...requests, end];
    const frames = all.map(({ type, flags, payload }, index) => {
      const asked = NLM_F_REQUEST | (first + index === last ? NLM_F_ACK : 0);
      return encodeFrame({ type, flags: flags | asked, sequence: first + index, payload });
    });
    libc.send(this.fd, concat(frames));
    for (let answered = false; !answered; ) {
      for (const frame of this.#receive()) {
        const request = all[frame.sequence - first];
        if (frame.type !== NLMSG_ERROR || !request) continue;
        const { errno, text } = decodeVerdict(frame);
        if (errno) throw new KernelError(request.operation, errno, text);
        answered ||= frame.sequence === last;
      }
    }
  }

  /** Asks for one object; throws when the kernel has none. */
  get<H, T extends AttributeTable>(table: MessageTable<H, T>, ask: Request): { header: H; attributes: Values<T> } {
    const sequence = takeSequences(1);
    libc.send(this.fd, encodeFrame({ ...ask, flags: ask.flags | NLM_F_REQUEST, sequence }));
    for (;;) {
      for (const frame of this.#receive()) {
        if (frame.sequence !== sequence) continue;
        if (frame.type !== NLMSG_ERROR) return decodeMessage(table, frame.payload);
        const verdict = decodeVerdict(frame);
        throw new KernelError(ask.operation, verdict.errno, verdict.text);
      }
    }
  }

  /** Lists objects. A list during which the kernel's changed (NLM_F_DUMP_INTR) may miss some, so it is asked for again. */
  dump<M extends MessageTable<never, AttributeTable> | MessageTable<object, AttributeTable>>(
    table: M,
    ask: Request,
  ): Decoded<M>[] {
    for (let attempt = 0; attempt < DUMP_ATTEMPTS; attempt++) {
      const found = this.#dumpOnce(table as unknown as MessageTable<object, AttributeTable>, ask);
      if (found) return found as Decoded<M>[];
    }
    throw new KernelError(ask.operation, "EINTR", `the list changed during each of ${DUMP_ATTEMPTS} attempts`);
  }

  #dumpOnce(table: MessageTable<object, AttributeTable>, ask: Request): unknown[] | undefined {
    const sequence = takeSequences(1);
    libc.send(this.fd, encodeFrame({ ...ask, flags: ask.flags | NLM_F_REQUEST | NLM_F_DUMP, sequence }));
    const found: unknown[] = [];
    let interrupted = false;
    for (;;) {
      for (const frame of this.#receive()) {
        if (frame.sequence !== sequence) continue;
        if (frame.flags & NLM_F_DUMP_INTR) interrupted = true;
        if (frame.type !== NLMSG_DONE && frame.type !== NLMSG_ERROR) {
          found.push(decodeMessage(table, frame.payload));
          continue;
        }
        const { errno, text } = decodeVerdict(frame);
        if (errno) throw new KernelError(ask.operation, errno, text);
        return interrupted ? undefined : found;
      }
    }
  }

  /** The next datagram. Never waits: an answer that is not there yet will not come, and the event loop must not hang. */
  #receive(): Iterable<Frame> {
    const length = libc.receive(this.fd, buffer, libc.MSG_DONTWAIT | MSG_TRUNC);
    if (length > buffer.length)
      throw new KernelError("receive from netlink", "EMSGSIZE", `an answer of ${length} bytes`);
    return eachFrame(buffer.subarray(0, length));
  }

  [Symbol.dispose](): void {
    libc.close(this.fd);
  }
}

/** Cuts a list so that neither the send nor the receive buffer overflows. */
export function inBatches(requests: readonly Request[]): Request[][] {
  const batches: Request[][] = [];
  let bytes = 0;
  for (const request of requests) {
    const current = batches.at(-1);
    bytes += request.payload.length + 20;
    if (current && current.length < BATCH_MESSAGES && bytes <= BATCH_BYTES) {
      current.push(request);
      continue;
    }
    batches.push([request]);
    bytes = request.payload.length + 20;
  }
  return batches;
}
