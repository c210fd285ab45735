import { encodeAddress } from "../netlink/ip-address.ts";
import { checksum } from "../packets/checksum.ts";

/** Who a packet belongs to: one identifier a probe, one number a size. */
export interface EchoId {
  readonly identifier: number;
  readonly sequence: number;
}

/** What an ICMP packet says of ours. */
export type EchoNews =
  | { readonly kind: "reply"; readonly id: EchoId }
  | { readonly kind: "too-big"; readonly id: EchoId; readonly mtu: number };

/** RFC 792 and RFC 4443: type numbers, and where in the packet a router quotes the one it could not send on. */
const icmp = {
  4: { request: 8, reply: 0, tooBig: 3, tooBigCode: 4, ipHeader: 20, destination: 16 },
  6: { request: 128, reply: 129, tooBig: 2, tooBigCode: 0, ipHeader: 40, destination: 24 },
} as const;
const ICMP_HEADER = 8;

/** An echo request that makes an IP packet of `bytes`. The kernel fills in the checksum of ICMPv6 (RFC 3542 section 3.1). */
export function echoRequest(family: 4 | 6, { identifier, sequence }: EchoId, bytes: number): Buffer {
  const packet = Buffer.alloc(bytes - icmp[family].ipHeader);
  packet[0] = icmp[family].request;
  packet.writeUInt16BE(identifier, 4);
  packet.writeUInt16BE(sequence, 6);
  if (family === 4) packet.writeUInt16BE(checksum(packet), 2);
  return packet;
}

/** Reads what a raw socket received: for IPv4 with the IP header (raw(7)), for IPv6 without. Undefined: it is about others. */
export function readEcho(family: 4 | 6, received: Buffer, remote: string): EchoNews | undefined {
  const { reply, tooBig, tooBigCode, ipHeader, destination } = icmp[family];
  const packet = family === 4 ? received.subarray(4 * ((received[0] ?? 0) & 15)) : received;
  if (packet.length < ICMP_HEADER) return undefined;
  if (packet[0] === reply) return { kind: "reply", id: idAt(packet, 4) };
  if (packet[0] !== tooBig || packet[1] !== tooBigCode) return undefined;
  const quoted = packet.subarray(ICMP_HEADER);
  const start = family === 4 ? 4 * ((quoted[0] ?? 0) & 15) : ipHeader;
  if (quoted.length < start + ICMP_HEADER || quoted[start] !== icmp[family].request) return undefined;
  const to = encodeAddress(remote);
  if (!quoted.subarray(destination, destination + to.length).equals(to)) return undefined;
  const mtu = family === 4 ? packet.readUInt16BE(6) : packet.readUInt32BE(4);
  return { kind: "too-big", id: idAt(quoted, start + 4), mtu };
}

const idAt = (bytes: Buffer, at: number): EchoId => ({
  identifier: bytes.readUInt16BE(at),
  sequence: bytes.readUInt16BE(at + 2),
});
