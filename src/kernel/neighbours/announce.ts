import * as libc from "../ffi/libc.ts";
import { sockaddrIn6, sockaddrPacket } from "../ffi/sockaddr.ts";
import { concat, mac as macCodec, struct, u8, u16be } from "../netlink/codec.ts";
import { encodeAddress, familyOf } from "../netlink/ip-address.ts";
import { checksum } from "../packets/checksum.ts";

/*
 * Tells neighbours where an address is now, so that nobody keeps sending to a MAC of its former holder. The kernel's own
 * arp_notify and ndisc_notify would speak when the link comes up, when our addresses are not on it yet; two frames sent
 * here cost less than writing those two settings.
 */
const ETH_P_ARP = 0x0806;
const ICMPV6 = 58;
const BROADCAST = Uint8Array.of(255, 255, 255, 255, 255, 255);

/** RFC 826: Ethernet and IPv4. */
export const arpHeader = struct({
  hardware: u16be,
  protocol: u16be,
  hardwareLength: u8,
  protocolLength: u8,
  operation: u16be,
});
/** RFC 4861 section 4.4; the kernel fills in the checksum of raw ICMPv6 sockets (RFC 3542 section 3.1). */
const advertisementHeader = struct({ type: u8, code: u8, checksum: u16be, flags: u8, pad: u8, reserved: u16be });

/** RFC 5227 section 3, "ARP announcement": a request for the address by its holder. */
export function arpAnnouncement(mac: string, address: string): Uint8Array {
  const [sender, ip] = [macCodec.encode(mac), encodeAddress(address)];
  const header = { hardware: 1, protocol: 0x0800, hardwareLength: 6, protocolLength: 4, operation: 1 };
  return concat([arpHeader.encode(header), sender, ip, new Uint8Array(6), ip]);
}

/** RFC 4861 section 7.2.6, unsolicited neighbour advertisement with the override flag. */
export function neighbourAdvertisement(mac: string, address: string): Uint8Array {
  const option = concat([Uint8Array.of(2, 1), macCodec.encode(mac)]); // target link-layer address, 8 bytes
  return concat([advertisementHeader.encode({ type: 136, flags: 0x20 }), encodeAddress(address), option]);
}

/** The same as a whole IPv6 packet, from the address to ff02::1, for a link's own frames (RFC 8200 sections 3 and 8.1). */
export function advertisementPacket(mac: string, address: string): Uint8Array {
  const [message, from, to] = [neighbourAdvertisement(mac, address), encodeAddress(address), encodeAddress("ff02::1")];
  const pseudoHeader = Uint8Array.of(0, 0, 0, message.length, 0, 0, 0, ICMPV6);
  new DataView(message.buffer).setUint16(2, checksum(concat([from, to, pseudoHeader, message])));
  const header = Uint8Array.of(0x60, 0, 0, 0, 0, message.length, ICMPV6, 255);
  return concat([header, from, to, message]);
}

/** Sends the announcement of one address; the caller is in the link's namespace. */
export function announceAddress(link: { ifIndex: number; mac: string }, address: string): void {
  if (familyOf(address) === 2) sendArp(link, address);
  else sendAdvertisement(link, address);
}

function sendArp({ ifIndex, mac }: { ifIndex: number; mac: string }, address: string): void {
  const fd = libc.socket(libc.AF_PACKET, libc.SOCK_DGRAM, 0); // protocol 0: it receives nothing
  try {
    libc.send(fd, arpAnnouncement(mac, address), sockaddrPacket({ protocol: ETH_P_ARP, ifIndex, mac: BROADCAST }));
  } finally {
    libc.close(fd);
  }
}

const IPV6_MULTICAST_IF = 17;
const IPV6_MULTICAST_HOPS = 18;

function sendAdvertisement({ ifIndex, mac }: { ifIndex: number; mac: string }, address: string): void {
  const fd = libc.socket(libc.AF_INET6, libc.SOCK_RAW, libc.IPPROTO_ICMPV6);
  try {
    libc.setSocketOption(fd, libc.SOL_IPV6, IPV6_MULTICAST_IF, ifIndex);
    libc.setSocketOption(fd, libc.SOL_IPV6, IPV6_MULTICAST_HOPS, 255); // receivers drop any other (RFC 4861, 7.1.2)
    libc.bind(fd, sockaddrIn6(encodeAddress(address), 0, ifIndex), address);
    libc.send(fd, neighbourAdvertisement(mac, address), sockaddrIn6(encodeAddress("ff02::1"), 0, ifIndex));
  } finally {
    libc.close(fd);
  }
}
