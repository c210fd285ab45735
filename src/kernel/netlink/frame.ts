import { errnoName } from "../ffi/errno.ts";
import { attr, cString, decodeAttributes, u32 } from "./codec.ts";

export const NLM_F_REQUEST = 1;
export const NLM_F_ACK = 4;
export const NLM_F_DUMP_INTR = 0x10;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
export const NLM_F_DUMP = 0x300;
export const NLM_F_REPLACE = 0x100;
export const NLM_F_EXCL = 0x200;
export const NLM_F_CREATE = 0x400;
export const NLMSG_ERROR = 2;
export const NLMSG_DONE = 3;
const HEADER = 16;

/** `struct nlmsghdr`, include/uapi/linux/netlink.h: one message of a datagram. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

export function encodeFrame({ type, flags, sequence, payload }: Frame): Uint8Array {
  const bytes = new Uint8Array(HEADER + payload.length + (-payload.length & 3)); // the next of a batch starts aligned
  const header = new DataView(bytes.buffer);
  header.setUint32(0, HEADER + payload.length, true);
  header.setUint16(4, type, true);
  header.setUint16(6, flags, true);
  header.setUint32(8, sequence, true); // the port id stays 0: the kernel knows the sender by its socket
  bytes.set(payload, HEADER);
  return bytes;
}

/** Walks the messages of one datagram; the payloads share its memory. */
export function* eachFrame(datagram: Uint8Array): Generator<Frame> {
  const data = new DataView(datagram.buffer, datagram.byteOffset, datagram.byteLength);
  for (let offset = 0; offset + HEADER <= datagram.length; ) {
    const length = data.getUint32(offset, true);
    if (length < HEADER || offset + length > datagram.length) return;
    yield {
      type: data.getUint16(offset + 4, true),
      flags: data.getUint16(offset + 6, true),
      sequence: data.getUint32(offset + 8, true),
      payload: datagram.subarray(offset + HEADER, offset + length),
    };
    offset += (length + 3) & ~3;
  }
}

/** The kernel's verdict on a request: "" is success. */
export interface Verdict {
  readonly errno: string;
  readonly text: string | undefined;
}

/** NLMSGERR_ATTR_*, include/uapi/linux/netlink.h. */
const extendedAck = { text: attr(1, cString), offset: attr(2, u32) };

/**
 * Reads NLMSG_ERROR (an acknowledgement when its number is 0) or the end of a dump. The extended attributes follow the
 * copy of the request, which the kernel cuts to its header when NETLINK_CAP_ACK is on.
 */
export function decodeVerdict({ type, flags, payload }: Frame): Verdict {
  const data = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  const errno = payload.length >= 4 ? -data.getInt32(0, true) : 0;
  const start = type === NLMSG_ERROR ? 4 + (flags & NLM_F_CAPPED ? HEADER : requestLength(data)) : 4;
  const { text } = flags & NLM_F_ACK_TLVS ? decodeAttributes(extendedAck, payload.subarray(start)) : {};
  return { errno: errno === 0 ? "" : errnoName(errno), text };
}

const requestLength = (data: DataView): number => (data.getUint32(4, true) + 3) & ~3;
