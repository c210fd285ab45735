import { bitsOf, formatIp, ipOf } from "./ip.ts";

/*
 * Packets that are made and read by hand, below the sockets of UDP and ICMP: RFC 791, RFC 768, RFC 8200. Everything on
 * the wire is in network order.
 */

const UDP = 17;
const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const UDP_HEADER = 8;

/** Octets of an address: 4 or 16. */
export function ipBytes(text: string): Uint8Array {
  const { family, value } = ipOf(text);
  const length = bitsOf(family) / 8;
  return Uint8Array.from({ length }, (_, index) => Number((value >> BigInt(8 * (length - 1 - index))) & 0xffn));
}

/** Canonical text of 4 or 16 octets. */
export const ipText = (bytes: Uint8Array): string =>
  formatIp({
    family: bytes.length === 4 ? 4 : 6,
    value: bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n),
  });

const octets = (value: number, size: 2 | 4): Uint8Array => {
  const bytes = new Uint8Array(size);
  const data = new DataView(bytes.buffer);
  if (size === 2) data.setUint16(0, value);
  else data.setUint32(0, value);
  return bytes;
};

/** The Internet checksum (RFC 1071) over runs of octets, each but the last of even length. */
export function internetChecksum(...runs: readonly Uint8Array[]): number {
  let sum = 0;
  for (const run of runs) {
    for (let index = 0; index < run.length; index += 2) sum += ((run[index] ?? 0) << 8) | (run[index + 1] ?? 0);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

interface Ends {
  readonly source: string;
  readonly destination: string;
}
interface Ports {
  readonly sourcePort: number;
  readonly destinationPort: number;
}

/** A UDP datagram with its checksum over the pseudo-header of the family. */
function datagram(ends: Ends, { sourcePort, destinationPort }: Ports, payload: Uint8Array): Uint8Array {
  const length = UDP_HEADER + payload.length;
  const bytes = new Uint8Array(length);
  bytes.set(octets(sourcePort, 2), 0);
  bytes.set(octets(destinationPort, 2), 2);
  bytes.set(octets(length, 2), 4);
  bytes.set(payload, UDP_HEADER);
  bytes.set(octets(upperChecksum(ends, UDP, bytes) || 0xffff, 2), 6); // 0 would mean "none" (RFC 768)
  return bytes;
}

/** Over addresses, length, protocol and payload (RFC 8200, section 8.1; RFC 768). */
const upperChecksum = ({ source, destination }: Ends, protocol: number, bytes: Uint8Array): number =>
  internetChecksum(ipBytes(source), ipBytes(destination), octets(bytes.length, 4), octets(protocol, 4), bytes);

/** An IPv4 packet with a UDP datagram. */
export function udpInIpv4(ends: Ends, ports: Ports, payload: Uint8Array): Uint8Array {
  const body = datagram(ends, ports, payload);
  const bytes = new Uint8Array(IPV4_HEADER + body.length);
  bytes.set([0x45, 0]); // version 4, five words, no type of service
  bytes.set(octets(bytes.length, 2), 2);
  bytes.set([64, UDP], 8); // time to live
  bytes.set(ipBytes(ends.source), 12);
  bytes.set(ipBytes(ends.destination), 16);
  bytes.set(octets(internetChecksum(bytes.subarray(0, IPV4_HEADER)), 2), 10);
  bytes.set(body, IPV4_HEADER);
  return bytes;
}

/** An IPv6 packet with hop limit 255, as neighbour discovery wants it (RFC 4861, section 7.1). */
export function inIpv6(ends: Ends, nextHeader: number, payload: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(IPV6_HEADER + payload.length);
  bytes[0] = 0x60;
  bytes.set(octets(payload.length, 2), 4);
  bytes.set([nextHeader, 255], 6);
  bytes.set(ipBytes(ends.source), 8);
  bytes.set(ipBytes(ends.destination), 24);
  bytes.set(payload, IPV6_HEADER);
  return bytes;
}

export const udpInIpv6 = (ends: Ends, ports: Ports, payload: Uint8Array): Uint8Array =>
  inIpv6(ends, UDP, datagram(ends, ports, payload));

/** An ICMPv6 message in an IPv6 packet; its checksum, octets 2 and 3, is filled in. */
export function icmpInIpv6(ends: Ends, message: Uint8Array): Uint8Array {
  const body = message.slice();
  body.set(octets(upperChecksum(ends, 58, body), 2), 2);
  return inIpv6(ends, 58, body);
}

export interface Received {
  readonly source: string;
  readonly destination: string;
  /** What follows the IP header, and for UDP the UDP header. */
  readonly payload: Uint8Array;
}

/** The datagram in an IPv4 packet; undefined for what is no whole one. Checksums may not be filled in yet: not looked at. */
export function readUdpInIpv4(bytes: Uint8Array): Received | undefined {
  const header = ((bytes[0] ?? 0) & 15) * 4;
  const start = header + UDP_HEADER;
  if ((bytes[0] ?? 0) >> 4 !== 4 || header < IPV4_HEADER || bytes[9] !== UDP || bytes.length < start) return undefined;
  const length = ((bytes[header + 4] ?? 0) << 8) | (bytes[header + 5] ?? 0);
  if (length < UDP_HEADER || header + length > bytes.length) return undefined;
  const [source, destination] = [ipText(bytes.subarray(12, 16)), ipText(bytes.subarray(16, 20))];
  return { source, destination, payload: bytes.subarray(start, header + length) };
}

/** The payload of an IPv6 packet without extension headers; undefined for what is no whole one. */
export function readIpv6(bytes: Uint8Array, nextHeader: number): Received | undefined {
  const length = ((bytes[4] ?? 0) << 8) | (bytes[5] ?? 0);
  if ((bytes[0] ?? 0) >> 4 !== 6 || bytes[6] !== nextHeader || IPV6_HEADER + length > bytes.length) return undefined;
  const [source, destination] = [ipText(bytes.subarray(8, 24)), ipText(bytes.subarray(24, 40))];
  return { source, destination, payload: bytes.subarray(IPV6_HEADER, IPV6_HEADER + length) };
}

export function readUdpInIpv6(bytes: Uint8Array): Received | undefined {
  const packet = readIpv6(bytes, UDP);
  if (!packet || packet.payload.length < UDP_HEADER) return undefined;
  return { ...packet, payload: packet.payload.subarray(UDP_HEADER) };
}

/** Joins runs of octets. */
export function concatBytes(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
