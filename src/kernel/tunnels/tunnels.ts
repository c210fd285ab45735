import { existsSync } from "node:fs";
import { KernelError } from "../../base/kernel-error.ts";
import { hostNetns, type KernelObject } from "../../contracts/kernel.ts";
import type {
  KeyRotation,
  PeersOutcome,
  TunnelDescription,
  TunnelPeer,
  TunnelState,
  Tunnels,
} from "../../contracts/tunnel.ts";
import { familyId } from "../netlink/generic.ts";
import type { NetlinkSocket } from "../netlink/socket.ts";
import { getDevice, type PeerValues, setDevice, WIREGUARD } from "../netlink/wireguard.ts";
import { ensureKeyPair, forgetPrevious, replaceKeyPair, restorePrevious } from "./key-file.ts";
import { endpointText, peerChanges, peerState, sortOut } from "./peers.ts";

/** A nested attribute is at most 64 KiB long (nla_len is a __u16), and a peer takes up to 150 bytes. */
const PEERS_A_MESSAGE = 200;

/** The tunnel of the host whose namespace the socket is of. */
export class HostTunnels implements Tunnels {
  readonly #socket: NetlinkSocket;
  readonly #keyFile: string;
  readonly #endpoints = new Map<string, Map<string, string>>();
  #publicKey: string | undefined;

  /** Takes a generic netlink socket of the host's namespace, closed with close(), and the path of the key file. */
  constructor(socket: NetlinkSocket, keyFile: string) {
    this.#socket = socket;
    this.#keyFile = keyFile;
  }

  supported(): string | undefined {
    if (!existsSync("/proc/sys/net/ipv6")) return "the kernel of this host has no IPv6, which tunnels take";
    try {
      familyId(this.#socket, WIREGUARD);
      return undefined;
    } catch (error) {
      if (!(error instanceof KernelError)) throw error;
      return error.errno === "ENOENT"
        ? "the kernel of this host has no WireGuard (the module wireguard, in Linux since 5.6)"
        : `the kernel of this host does not let it be asked for WireGuard: ${error.message}`;
    }
  }

  publicKey(): string {
    if (this.#publicKey !== undefined) return this.#publicKey;
    const { publicKey } = ensureKeyPair(this.#keyFile);
    forgetPrevious(this.#keyFile); // of a rotation that a crash cut short: the new pair is the one
    this.#publicKey = publicKey;
    return publicKey;
  }

  describe({ name, mtu, listenPort, prefix, address, owner, why }: TunnelDescription): KernelObject[] {
    const mark = { netns: hostNetns, owner, why };
    const [, prefixLength = ""] = prefix.split("/");
    return [
      { kind: "blackhole", ...mark, destination: prefix },
      { kind: "wireguard", ...mark, name, mtu, listenPort, keyFile: this.#keyFile, publicKey: this.publicKey() },
      { kind: "sysctl", ...mark, key: `net/ipv6/conf/${name}/disable_ipv6`, value: "0", optional: false },
      { kind: "address", ...mark, link: name, address: `${address}/${prefixLength}` },
    ];
  }

  rotate(): KeyRotation {
    const before = this.publicKey();
    const { publicKey } = replaceKeyPair(this.#keyFile);
    this.#publicKey = publicKey;
    return {
      publicKey,
      commit: () => forgetPrevious(this.#keyFile),
      revert: () => {
        restorePrevious(this.#keyFile);
        this.#publicKey = before;
      },
    };
  }

  setPeers(device: string, peers: readonly TunnelPeer[]): PeersOutcome {
    const { publicKey, peers: found = [] } = getDevice(this.#socket, device);
    const { good, refused } = sortOut(peers, publicKey);
    const before = this.#endpoints.get(device) ?? new Map<string, string>();
    const { changes, afterwards } = peerChanges(found.map(peerState), good, { before, now: Date.now() });
    this.#send(device, changes);
    this.#send(device, afterwards);
    this.#endpoints.set(device, new Map(good.map((peer) => [peer.publicKey, endpointText(peer.endpoint)])));
    return { changed: changes.length, refused };
  }

  #send(name: string, peers: readonly PeerValues[]): void {
    for (let at = 0; at < peers.length; at += PEERS_A_MESSAGE) {
      const some = peers.slice(at, at + PEERS_A_MESSAGE);
      this.#socket.run([setDevice(this.#socket, `set peers of WireGuard device "${name}"`, { name, peers: some })]);
    }
  }

  read(device: string): TunnelState | undefined {
    try {
      const { publicKey = "", listenPort = 0, peers = [] } = getDevice(this.#socket, device);
      return { publicKey, listenPort, peers: peers.map(peerState) };
    } catch (error) {
      // EOPNOTSUPP: a link of another kind, or no WireGuard at all.
      if (error instanceof KernelError && ["ENODEV", "EOPNOTSUPP"].includes(error.errno)) return undefined;
      throw error;
    }
  }

  close(): void {
    this.#socket[Symbol.dispose]();
  }
}
