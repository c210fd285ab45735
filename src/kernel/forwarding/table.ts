import { AF_BRIDGE, NTF_SELF, NUD_PERMANENT, RTM_GETNEIGH } from "../netlink/neighbour.ts";
import type { ForwardingChannel } from "./channel.ts";
import { OUR_FDB_FLAG, OUR_PROTOCOL } from "./messages.ts";

/** One row of a device's table. Bytes of addresses as latin1 text: one string is one key, and cheap to make. */
export interface Row {
  /** VTEP of a forwarding entry, MAC of a neighbour. */
  readonly leadsTo: string;
  readonly ours: boolean;
  readonly permanent: boolean;
}

/** By MAC for forwarding entries, by address for neighbours. */
export type Table = Map<string, Row>;

const NDA_DST = 1;
const NDA_LLADDR = 2;
const NDA_IFINDEX = 8;
const NDA_PROTOCOL = 12;
const ND_HEADER = 12;
const NTF_PROXY = 8;

/** The device's own forwarding entries, those of others too. The kernel picks by device if it is named in an ifinfomsg. */
export function readEntries(channel: ForwardingChannel, ifIndex: number): Table {
  const request = Buffer.alloc(16 + 16);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(RTM_GETNEIGH, 4);
  request.writeUInt8(AF_BRIDGE, 16);
  request.writeInt32LE(ifIndex, 20);
  const table: Table = new Map();
  const each = (bytes: Uint8Array) => {
    const { destination, linkAddress, index, state, flags } = rowOf(bytes);
    if (index !== ifIndex || (flags & NTF_SELF) === 0 || linkAddress === "" || destination === "") return;
    const ours = (flags & OUR_FDB_FLAG) !== 0;
    table.set(linkAddress, { leadsTo: destination, ours, permanent: (state & NUD_PERMANENT) !== 0 });
  };
  channel.dump(request, "list forwarding entries", each, () => table.clear());
  return table;
}

/** The device's neighbours of both families, those of others too. */
export function readNeighbours(channel: ForwardingChannel, ifIndex: number): Table {
  const request = Buffer.alloc(16 + ND_HEADER + 8);
  request.writeUInt32LE(request.length, 0);
  request.writeUInt16LE(RTM_GETNEIGH, 4);
  request.writeUInt16LE(8, 28);
  request.writeUInt16LE(NDA_IFINDEX, 30);
  request.writeUInt32LE(ifIndex, 32);
  const table: Table = new Map();
  const each = (bytes: Uint8Array) => {
    const { destination, linkAddress, protocol, index, state, flags } = rowOf(bytes);
    if (index !== ifIndex || (flags & NTF_PROXY) !== 0 || destination === "") return;
    const ours = protocol === OUR_PROTOCOL;
    table.set(destination, { leadsTo: linkAddress, ours, permanent: (state & NUD_PERMANENT) !== 0 });
  };
  channel.dump(request, "list neighbours", each, () => table.clear());
  return table;
}

/** `struct ndmsg` and the attributes that matter. */
function rowOf(bytes: Uint8Array) {
  const row = {
    index: read32(bytes, 4),
    state: (bytes[8] as number) | ((bytes[9] as number) << 8),
    flags: bytes[10] as number,
    destination: "",
    linkAddress: "",
    protocol: 0,
  };
  for (let at = ND_HEADER; at + 4 <= bytes.length; ) {
    const length = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    if (length < 4) break;
    const type = bytes[at + 2];
    if (type === NDA_DST) row.destination = keyOf(bytes, at + 4, at + length);
    else if (type === NDA_LLADDR) row.linkAddress = keyOf(bytes, at + 4, at + length);
    else if (type === NDA_PROTOCOL) row.protocol = bytes[at + 4] as number;
    at += (length + 3) & ~3;
  }
  return row;
}

/** Bytes as one latin1 string. */
export const keyOf = (bytes: Uint8Array, from: number, to: number): string =>
  (bytes as Buffer).toString("latin1", from, to);

const read32 = (bytes: Uint8Array, at: number): number =>
  (bytes[at] as number) |
  ((bytes[at + 1] as number) << 8) |
  ((bytes[at + 2] as number) << 16) |
  ((bytes[at + 3] as number) << 24);
