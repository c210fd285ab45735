import { setTimeout } from "node:timers/promises";
import { icmpInIpv6, ipBytes, ipText, readIpv6 } from "../../base/ip-packet.ts";
import { KernelError } from "../../base/kernel-error.ts";
import type { LinkPacket, PacketSocket, PacketSockets } from "../../contracts/packets.ts";
import { concat, mac as macCodec } from "../netlink/codec.ts";
import { arpHeader } from "./announce.ts";

/*
 * Asks a LAN whether somebody has an address before we use it: ARP probes (RFC 5227, section 2.1.1) and neighbour
 * solicitations from :: (RFC 4862, section 5.4.2). The RFCs wait seconds for slow networks of their time; a neighbour
 * on today's LANs answers within milliseconds, and a start of a container waits for us.
 */
const PROBES = 3;
/** Between probes, and after the last one, in milliseconds. */
const WAIT_MS = 130;
const BROADCAST = "ff:ff:ff:ff:ff:ff";

/** Who answered for which address: address to MAC. */
type Answers = Map<string, string>;

/**
 * Resolves to those of `addresses` that others on the link have, with the MAC that answered. What `ours` says is a MAC
 * of this host does not count. Takes some 400 ms without an answer; rejects when `signal` aborts.
 */
export async function probeAddresses(
  sockets: PacketSockets,
  at: { readonly netns: string; readonly link: string },
  addresses: readonly string[],
  options: { readonly ours: ReadonlySet<string>; readonly signal?: AbortSignal | undefined },
): Promise<Answers> {
  const answers: Answers = new Map();
  const note = (address: string, mac: string, own: string) => {
    if (addresses.includes(address) && mac !== own && !options.ours.has(mac)) answers.set(address, mac);
  };
  const [ipv6, ipv4] = [addresses.filter(isIpv6), addresses.filter((address) => !isIpv6(address))];
  using arp = ipv4.length > 0 ? sockets.open(at, "arp", (packet) => readArp(packet, note, arp)) : undefined;
  using nd =
    ipv6.length > 0 ? sockets.open(at, "advertisements", (packet) => readAdvertisement(packet, note, nd)) : undefined;
  for (let count = 0; count < PROBES && answers.size < addresses.length; count++) {
    const open = (address: string) => !answers.has(address);
    if (arp) sendAll(ipv4.filter(open), (address) => arp.send(arpProbe(arp.mac, address), BROADCAST));
    if (nd) sendAll(ipv6.filter(open), (address) => nd.send(solicitation(address), groupMac(address)));
    await setTimeout(WAIT_MS, undefined, options.signal ? { signal: options.signal } : {});
  }
  await sockets.flushed(); // an answer may be there that a busy machine has not let us read yet
  return answers;
}

const isIpv6 = (address: string): boolean => address.includes(":");

/** On a link that is down nobody can answer, and nobody can have the address. */
function sendAll(addresses: readonly string[], send: (address: string) => void): void {
  try {
    addresses.forEach(send);
  } catch (error) {
    if (!(error instanceof KernelError && error.errno === "ENETDOWN")) throw error;
  }
}

type Note = (address: string, mac: string, own: string) => void;

/** A request by nobody in particular (sender address 0) for the address. */
export function arpProbe(mac: string, address: string): Uint8Array {
  const header = { hardware: 1, protocol: 0x0800, hardwareLength: 6, protocolLength: 4, operation: 1 };
  const nobody = new Uint8Array(4);
  return concat([arpHeader.encode(header), macCodec.encode(mac), nobody, new Uint8Array(6), ipBytes(address)]);
}

/** Whoever speaks as the address has it; whoever probes for it at the same time will. */
function readArp({ bytes }: LinkPacket, note: Note, socket: PacketSocket | undefined): void {
  if (bytes.length < 28 || !socket) return;
  const mac = macCodec.decode(bytes.subarray(8, 14));
  const [sender, target] = [ipText(bytes.subarray(14, 18)), ipText(bytes.subarray(24, 28))];
  note(sender === "0.0.0.0" ? target : sender, mac, socket.mac);
}

/** ff02::1:ff00:0/104 with the last three octets of the address (RFC 4291, section 2.7.1). */
const groupOf = (address: string): Uint8Array =>
  concat([ipBytes("ff02::1:ff00:0").subarray(0, 13), ipBytes(address).subarray(13)]);

/** 33:33 and the last four octets of the group (RFC 2464, section 7). */
const groupMac = (address: string): string =>
  macCodec.decode(concat([Uint8Array.of(0x33, 0x33), groupOf(address).subarray(12)]));

/** A whole packet: neighbour solicitation from the unspecified address, without a source link-layer option. */
export function solicitation(address: string): Uint8Array {
  const message = concat([Uint8Array.of(135, 0, 0, 0, 0, 0, 0, 0), ipBytes(address)]);
  return icmpInIpv6({ source: "::", destination: ipText(groupOf(address)) }, message);
}

function readAdvertisement({ bytes, from }: LinkPacket, note: Note, socket: PacketSocket | undefined): void {
  const payload = readIpv6(bytes, 58)?.payload;
  if (payload?.[0] === 136 && payload.length >= 24 && socket) note(ipText(payload.subarray(8, 24)), from, socket.mac);
}
