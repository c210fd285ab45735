import type { KernelObject } from "./kernel.ts";

/** Another host as an end of this host's tunnel. */
export interface TunnelPeer {
  /** X25519, 32 bytes in base64. */
  readonly publicKey: string;
  /** Where its WireGuard listens on the underlay. */
  readonly endpoint: { readonly address: string; readonly port: number };
  /** Its tunnel address, without a prefix length: nothing else is accepted from it or sent to it. */
  readonly tunnelAddress: string;
  /** Seconds between packets that keep a NAT on the way open; absent: none are sent. */
  readonly keepalive?: number;
}

/** A peer as the kernel has it. */
export interface TunnelPeerState extends Omit<TunnelPeer, "endpoint" | "tunnelAddress"> {
  /** Where its last authentic packet came from, or where it was said to be. */
  readonly endpoint: TunnelPeer["endpoint"] | undefined;
  /** CIDR texts. */
  readonly allowedIps: readonly string[];
  /** Milliseconds since the epoch; undefined before the first. */
  readonly lastHandshake: number | undefined;
  readonly rxBytes: number;
  readonly txBytes: number;
}

export interface TunnelState {
  readonly publicKey: string;
  readonly listenPort: number;
  readonly peers: readonly TunnelPeerState[];
}

/** A peer that was not taken. */
export interface RefusedPeer {
  readonly peer: TunnelPeer;
  /** As a sentence without a full stop. */
  readonly why: string;
}

export interface PeersOutcome {
  /** How many were added, changed or removed. */
  readonly changed: number;
  /** Malformed ones, and all of those that claim one key or one tunnel address. */
  readonly refused: readonly RefusedPeer[];
}

/** What the tunnel of a host is made of. */
export interface TunnelDescription {
  readonly name: string;
  /** MTU of the device: tunnelMtu() of src/model/tunnel.ts. */
  readonly mtu: number;
  /** UDP port on the underlay. */
  readonly listenPort: number;
  /** Prefix of all tunnel addresses, and this host's own. */
  readonly prefix: string;
  readonly address: string;
  readonly owner: string;
  readonly why: string;
}

/** A new key pair that has taken the place of the old one in the key file. Ends with one of its two functions. */
export interface KeyRotation {
  readonly publicKey: string;
  /** Forgets the old pair, once the store has the new public key. */
  commit(): void;
  /** Takes the old pair back. */
  revert(): void;
}

/**
 * The WireGuard tunnel of this host, and the key pair it has it with. The private key is in a file below the data root
 * that only root reads; it is in no description, difference, error or answer of these functions. Synchronous.
 */
export interface Tunnels {
  /** Why this host cannot have encrypted networks, as the end of a sentence; undefined: it can. */
  supported(): string | undefined;
  /** Public half of this host's pair, which is made with the first call. Throws KernelError for a file that holds no key. */
  publicKey(): string;
  /**
   * The kernel objects of a tunnel with the key pair as it is now: a route that swallows what has no tunnel, the device,
   * its address. For Kernel.apply(), diff(), repair() and remove().
   */
  describe(tunnel: TunnelDescription): KernelObject[];
  /**
   * Makes a new key pair. The caller then repairs the device with describe(), and publishes the public key, in this order
   * (docs/decisions/0005-encrypted-overlays.md).
   */
  rotate(): KeyRotation;
  /**
   * Makes the device's peers these and no others, but for those it refuses. A peer that is as wanted is not touched, so
   * its session goes on. Its endpoint is left alone while a session lives, for it may have roamed, unless another is
   * wanted than the last time. Throws KernelError when the device is not there.
   */
  setPeers(device: string, peers: readonly TunnelPeer[]): PeersOutcome;
  /** The device as the kernel has it; undefined when there is none. */
  read(device: string): TunnelState | undefined;
  /** Closes sockets. */
  close(): void;
}
