import { AF_INET, AF_INET6, AF_NETLINK, AF_PACKET, AF_UNIX } from "./libc.ts";

/** `struct sockaddr_in`, include/uapi/linux/in.h: 16 bytes, port and address in network order. */
export function sockaddrIn(address: string, port: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(16));
  bytes.setUint16(0, AF_INET, true);
  bytes.setUint16(2, port);
  for (const [index, part] of address.split(".").entries()) bytes.setUint8(4 + index, Number(part));
  return new Uint8Array(bytes.buffer);
}

/** `struct sockaddr_in6`, include/uapi/linux/in6.h: 28 bytes; `address` as 16 bytes. */
export function sockaddrIn6(address: Uint8Array, port: number, scopeId = 0): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(28));
  bytes.setUint16(0, AF_INET6, true);
  bytes.setUint16(2, port);
  bytes.setUint32(24, scopeId, true);
  const all = new Uint8Array(bytes.buffer);
  all.set(address, 8);
  return all;
}

/** `struct sockaddr_nl`, include/uapi/linux/netlink.h. Port id 0: the kernel chooses one. */
export function sockaddrNetlink(groups: number): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(12));
  bytes.setUint16(0, AF_NETLINK, true);
  bytes.setUint32(8, groups, true);
  return new Uint8Array(bytes.buffer);
}

/** `struct sockaddr_ll`, include/uapi/linux/if_packet.h: a link to send on, with the neighbour's MAC. */
export function sockaddrPacket(to: { protocol: number; ifIndex: number; mac: Uint8Array }): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(20));
  bytes.setUint16(0, AF_PACKET, true);
  bytes.setUint16(2, to.protocol); // network order
  bytes.setInt32(4, to.ifIndex, true);
  bytes.setUint8(11, to.mac.length);
  const all = new Uint8Array(bytes.buffer);
  all.set(to.mac, 12);
  return all;
}

/** `struct sockaddr_un`, include/uapi/linux/un.h: the path and its NUL are 108 bytes at most. */
export function sockaddrUnix(path: string): Uint8Array {
  const bytes = new Uint8Array(2 + Buffer.byteLength(path) + 1);
  new DataView(bytes.buffer).setUint16(0, AF_UNIX, true);
  bytes.set(Buffer.from(path), 2);
  return bytes;
}

/** Port number of a bound IPv4 or IPv6 address. */
export const portOf = (address: Uint8Array): number => ((address[2] ?? 0) << 8) | (address[3] ?? 0);
