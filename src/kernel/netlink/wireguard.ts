import { KernelError } from "../../base/kernel-error.ts";
import {
  attr,
  type Codec,
  cString,
  type Decoded,
  list,
  message,
  nest,
  nested,
  raw,
  struct,
  u8,
  u16,
  u32,
  u64,
  type Values,
} from "./codec.ts";
import { familyId, genericHeader } from "./generic.ts";
import { ipAddress } from "./ip-address.ts";
import { type NetlinkSocket, type Request, request } from "./socket.ts";
import { socketAddress } from "./socket-address.ts";

/** WG_GENL_NAME, include/uapi/linux/wireguard.h; in the kernel since Linux 5.6. */
export const WIREGUARD = "wireguard";
const WG_GENL_VERSION = 1;
const WG_CMD_GET_DEVICE = 0;
const WG_CMD_SET_DEVICE = 1;

/** WGPEER_F_*: what to do with a peer. */
export const PEER_REMOVE = 1;
export const PEER_REPLACE_ALLOWED = 2;

/** A public key as WireGuard's tools write it: 32 bytes in base64. */
export const publicKey: Codec<string> = {
  encode: (text) => Buffer.from(text, "base64"),
  decode: (bytes) => Buffer.from(bytes).toString("base64"),
};

const allowedIp = nested({ family: attr(1, u16), address: attr(2, ipAddress), prefixLength: attr(3, u8) });

const peer = nested({
  publicKey: attr(1, publicKey),
  flags: attr(3, u32),
  endpoint: attr(4, socketAddress),
  keepalive: attr(5, u16), // seconds, 0 is off
  lastHandshake: attr(6, struct({ seconds: u64, nanoseconds: u64 })), // of CLOCK_REALTIME; 0 is never
  rxBytes: attr(7, u64),
  txBytes: attr(8, u64),
  allowedIps: nest(9, list(allowedIp)),
});

/** WG_CMD_GET_DEVICE, include/uapi/linux/wireguard.h at v6.12. The private key (3) is not read: it stays in the kernel. */
export const deviceMessage = message({
  name: "wireguard device",
  header: genericHeader,
  attributes: {
    name: attr(2, cString),
    publicKey: attr(4, publicKey),
    listenPort: attr(6, u16),
    peers: nest(8, list(peer)),
  },
});

/** WG_CMD_SET_DEVICE, which takes the private key and not the public one. */
export const setDeviceMessage = message({
  name: "wireguard settings",
  header: genericHeader,
  attributes: {
    name: attr(2, cString),
    privateKey: attr(3, raw),
    flags: attr(5, u32),
    listenPort: attr(6, u16),
    peers: nest(8, list(peer)),
  },
});

export type DeviceMessage = Decoded<typeof deviceMessage>;
export type PeerValues = NonNullable<DeviceMessage["attributes"]["peers"]>[number];
type Settings = Values<(typeof setDeviceMessage)["attributes"]>;

/** A device with all its peers. Throws ENODEV without it, EOPNOTSUPP when it is of another kind. */
export function getDevice(socket: NetlinkSocket, name: string): DeviceMessage["attributes"] & { name: string } {
  const operation = `read WireGuard device "${name}"`;
  const header = { command: WG_CMD_GET_DEVICE, version: WG_GENL_VERSION };
  const type = familyOf(socket, operation);
  // Cut into as many messages as it takes; what concerns the device itself is in the first.
  const parts = socket.dump(deviceMessage, request(operation, type, deviceMessage, { header, attributes: { name } }));
  return { ...parts[0]?.attributes, name, peers: joinPeers(parts.flatMap(({ attributes }) => attributes.peers ?? [])) };
}

/** A peer with many addresses goes on in the next message, with its key and further addresses only. */
function joinPeers(parts: readonly PeerValues[]): PeerValues[] {
  const peers = new Map<string, PeerValues>();
  for (const part of parts) {
    const before = peers.get(part.publicKey ?? "");
    const allowedIps = [...(before?.allowedIps ?? []), ...(part.allowedIps ?? [])];
    peers.set(part.publicKey ?? "", { ...part, ...before, allowedIps });
  }
  return [...peers.values()];
}

/** Describes a change of a device. */
export const setDevice = (socket: NetlinkSocket, operation: string, settings: Settings & { name: string }): Request =>
  request(operation, familyOf(socket, operation), setDeviceMessage, {
    header: { command: WG_CMD_SET_DEVICE, version: WG_GENL_VERSION },
    attributes: settings,
  });

/** The kernel's word for an unknown family, ENOENT, would pass for "gone already". */
function familyOf(socket: NetlinkSocket, operation: string): number {
  try {
    return familyId(socket, WIREGUARD);
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== "ENOENT") throw error;
    throw new KernelError(operation, "EOPNOTSUPP", "the kernel has no WireGuard", { cause: error });
  }
}
