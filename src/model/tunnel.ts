import { createHash } from "node:crypto";
import { invalid } from "../base/errors.ts";
import { type Family, formatIp } from "../base/ip.ts";

/*
 * Addresses and sizes of the tunnels that carry encrypted overlays (docs/decisions/0005-encrypted-overlays.md). All of it
 * follows from names, so that no host has to ask another or the store for an address.
 */

const bitsOfHash = (text: string, bits: number): bigint =>
  BigInt(`0x${createHash("sha256").update(text).digest("hex")}`) >> BigInt(256 - bits);

/** The first 64 bits: fd00::/8 (RFC 4193), then 56 bits that follow from the cluster's id. */
const prefixOf = (cluster: string): bigint => (0xfdn << 56n) | bitsOfHash(`fairlead tunnels of ${cluster}`, 56);

/** The prefix, CIDR text, that the tunnel addresses of a cluster's hosts are in. */
export const tunnelPrefix = (cluster: string): string =>
  `${formatIp({ family: 6, value: prefixOf(cluster) << 64n })}/64`;

/** A host's address inside the tunnel. Two of 1,000 hosts share one with a probability of 3 in 10^14: setPeers() refuses that. */
export const tunnelAddress = (cluster: string, host: string): string =>
  formatIp({ family: 6, value: (prefixOf(cluster) << 64n) | bitsOfHash(`fairlead tunnel address of ${host}`, 64) });

/** What a WireGuard packet adds: outer IP header, UDP header 8, message header 16, authentication tag 16. */
const wireguardHeaders = (underlay: Family): number => (underlay === 4 ? 20 : 40) + 8 + 16 + 16;
/** What VXLAN in the tunnel adds: IPv6 header 40, UDP 8, VXLAN 8, inner Ethernet header 14. */
const vxlanHeaders = 40 + 8 + 8 + 14;
/** RFC 8200 section 5: the tunnel's addresses are IPv6. */
const smallestIpv6Mtu = 1280;

/**
 * MTU of the tunnel device over an underlay: at 1500, 1440 (IPv4) or 1420 (IPv6). Throws INVALID when the underlay is
 * too small for IPv6 in the tunnel.
 */
export function tunnelMtu(underlayMtu: number, underlay: Family): number {
  const mtu = underlayMtu - wireguardHeaders(underlay);
  if (mtu >= smallestIpv6Mtu) return mtu;
  const least = smallestIpv6Mtu + wireguardHeaders(underlay);
  throw invalid("MTU of the underlay", `encrypted networks take ${least} bytes or more; it has ${underlayMtu}`);
}

/** MTU of containers on an encrypted overlay: at an underlay of 1500, 1370 (IPv4) or 1350 (IPv6). */
export const encryptedOverlayMtu = (underlayMtu: number, underlay: Family): number =>
  tunnelMtu(underlayMtu, underlay) - vxlanHeaders;
