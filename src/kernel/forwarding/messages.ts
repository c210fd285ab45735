import { invalid } from "../../base/errors.ts";
import { NLM_F_ACK, NLM_F_CREATE, NLM_F_REPLACE, NLM_F_REQUEST } from "../netlink/frame.ts";
import {
  AF_BRIDGE,
  NTF_EXT_LEARNED,
  NTF_SELF,
  NUD_PERMANENT,
  RTM_DELNEIGH,
  RTM_NEWNEIGH,
} from "../netlink/neighbour.ts";
import { writeAddress, writeMac } from "./text.ts";

/*
 * The four messages of forwarding, written by hand into one buffer after the other: `struct nlmsghdr`, `struct ndmsg`,
 * attributes (include/uapi/linux/neighbour.h at v6.12). The codec of ../netlink describes them too and makes some ten
 * objects for each, which at 100,000 addresses takes longer than the kernel does.
 */

/**
 * Our mark on a neighbour (NDA_PROTOCOL, Linux 5.2): who made it. 102 is "f", and nobody's in rtnetlink.h, in iproute2's
 * rt_protos or FRR. Not NTF_EXT_LEARNED, which is our mark on forwarding entries: the kernel drops such neighbours
 * when the carrier goes.
 */
export const OUR_PROTOCOL = 102;
export const OUR_FDB_FLAG = NTF_EXT_LEARNED;

const NDA_DST = 1;
const NDA_LLADDR = 2;
const NDA_PROTOCOL = 12;
const NLMSG_HEADER = 16;
const ND_HEADER = 12;
const AF_INET = 2;
const AF_INET6 = 10;
/** Longest message: a neighbour of 16 bytes of address. */
const LONGEST = NLMSG_HEADER + ND_HEADER + 20 + 12 + 8;
/** One send takes at most the send buffer's 208 KiB (net.core.wmem_default). */
const CHUNK = 128 * 1024;

/** Messages that travel together; only the last asks for an answer when it is obeyed. */
export interface Chunk {
  readonly bytes: Buffer;
  /** Number of its first message, counted from chunk to chunk; their sequence numbers begin with 0 in each. */
  readonly first: number;
  readonly count: number;
}

/** Packs messages about one device; numbers them from 0. */
export class MessageWriter {
  readonly #chunks: Chunk[] = [];
  readonly #ifIndex: number;
  #buffer = Buffer.allocUnsafe(CHUNK);
  #at = 0;
  #first = 0;
  #next = 0;
  #last = 0;

  constructor(ifIndex: number) {
    this.#ifIndex = ifIndex;
  }

  /** MAC is behind VTEP. Takes the place of what is there, learned or not. */
  putEntry(mac: string, vtep: string): void {
    const start = this.#begin(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, AF_BRIDGE, NTF_SELF | OUR_FDB_FLAG);
    this.#mac(mac);
    this.#destination(vtep);
    this.#end(start);
  }

  /** Only as long as it is behind this VTEP: another is a newer truth. Without `vtep`, wherever it is. */
  dropEntry(mac: string, vtep?: string): void {
    const start = this.#begin(RTM_DELNEIGH, 0, AF_BRIDGE, NTF_SELF);
    this.#mac(mac);
    if (vtep !== undefined) this.#destination(vtep);
    this.#end(start);
  }

  putNeighbour(address: string, mac: string): void {
    const start = this.#begin(RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, familyOf(address), 0);
    this.#destination(address);
    this.#mac(mac);
    this.#protocol();
    this.#end(start);
  }

  dropNeighbour(address: string): void {
    const start = this.#begin(RTM_DELNEIGH, 0, familyOf(address), 0);
    this.#destination(address);
    this.#end(start);
  }

  chunks(): readonly Chunk[] {
    this.#flush();
    return this.#chunks;
  }

  #flush(): void {
    if (this.#at === 0) return;
    const count = this.#next - this.#first;
    put16(this.#buffer, this.#last + 6, this.#buffer.readUInt16LE(this.#last + 6) | NLM_F_ACK);
    this.#chunks.push({ bytes: this.#buffer.subarray(0, this.#at), first: this.#first, count });
    this.#buffer = Buffer.allocUnsafe(CHUNK);
    this.#at = 0;
    this.#first = this.#next;
  }

  #begin(type: number, flags: number, family: number, neighbourFlags: number): number {
    if (this.#at + LONGEST > CHUNK) this.#flush();
    const start = this.#at;
    const buffer = this.#buffer;
    put16(buffer, start + 4, type);
    put16(buffer, start + 6, flags | NLM_F_REQUEST);
    put32(buffer, start + 8, this.#next - this.#first);
    put32(buffer, start + 12, 0);
    put32(buffer, start + 16, family);
    put32(buffer, start + 20, this.#ifIndex);
    put32(buffer, start + 24, NUD_PERMANENT | (neighbourFlags << 16));
    this.#at = start + NLMSG_HEADER + ND_HEADER;
    return start;
  }

  #end(start: number): void {
    put32(this.#buffer, start, this.#at - start);
    this.#last = start;
    this.#next++;
  }

  #mac(mac: string): void {
    put32(this.#buffer, this.#at, 10 | (NDA_LLADDR << 16));
    if (!writeMac(this.#buffer, this.#at + 4, mac)) throw invalid("MAC address", `"${mac}" of a remote endpoint`);
    put16(this.#buffer, this.#at + 10, 0);
    this.#at += 12;
  }

  #destination(address: string): void {
    const length = writeAddress(this.#buffer, this.#at + 4, address);
    put32(this.#buffer, this.#at, (4 + length) | (NDA_DST << 16));
    this.#at += 4 + length;
  }

  #protocol(): void {
    put32(this.#buffer, this.#at, 5 | (NDA_PROTOCOL << 16));
    put32(this.#buffer, this.#at + 4, OUR_PROTOCOL);
    this.#at += 8;
  }
}

const familyOf = (address: string): number => (address.includes(":") ? AF_INET6 : AF_INET);

function put16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
}

function put32(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value;
  bytes[at + 1] = value >> 8;
  bytes[at + 2] = value >> 16;
  bytes[at + 3] = value >> 24;
}
