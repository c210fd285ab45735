import { EngineError } from "../../base/errors.ts";
import { KernelError } from "../../base/kernel-error.ts";
import type { Log } from "../../base/log.ts";
import type { Cluster, ClusterHost } from "../../contracts/cluster.ts";
import type { Underlay } from "../../contracts/driver.ts";
import type { FirewallElement } from "../../contracts/firewall.ts";
import type { KernelObject } from "../../contracts/kernel.ts";
import type { PeersOutcome, TunnelPeer, Tunnels } from "../../contracts/tunnel.ts";
import { isEncrypted, isShared, type Network } from "../../model/network.ts";
import type { EventHub } from "../events.ts";

/** What of the tunnel is the host's own, and the same for as long as the daemon runs. */
export interface TunnelSettings {
  readonly device: string;
  /** MTU of the device. */
  readonly mtu: number;
  /** UDP port of VXLAN inside the tunnel. */
  readonly vxlanPort: number;
  /** Why this host cannot have encrypted networks, as the end of a sentence; absent: it can. */
  readonly unsupported?: string;
}

export interface TunnelParts {
  readonly settings: TunnelSettings;
  readonly tunnels: Tunnels;
  readonly cluster: Pick<Cluster, "hostId" | "hosts" | "tunnel" | "underlay">;
  /** Networks of the cluster that open sandboxes of this host are attached to. */
  readonly networksInUse: () => Iterable<Network>;
  readonly events: EventHub;
  readonly log: Log;
}

/**
 * The tunnel that encrypted networks of this host go through: there while one of them is in use. It belongs to the host,
 * not to a network, and is described, repaired and removed like everything else; its peers are all hosts of the cluster.
 */
export class HostTunnel {
  readonly #parts: TunnelParts;
  /** What has been complained about. */
  readonly #told = new Set<string>();
  #refused: ReadonlySet<string> = new Set();

  constructor(parts: TunnelParts) {
    this.#parts = parts;
  }

  /** Why this host cannot have encrypted networks, as the end of a sentence; undefined: it can. */
  get unsupported(): string | undefined {
    return this.#parts.settings.unsupported;
  }

  /** Throws NETWORK_REFUSED for an encrypted network on a host that cannot have any. */
  refuse(network: Pick<Network, "name" | "options" | "scope">): void {
    if (this.unsupported === undefined || !isShared(network) || !isEncrypted(network)) return;
    const why = `it is encrypted, and ${this.unsupported}`;
    throw new EngineError("NETWORK_REFUSED", { network: network.name, why });
  }

  /** What encrypted networks are on; undefined on a host that is alone, fenced, or has no tunnel. */
  underlay(): Underlay | undefined {
    const { cluster, settings } = this.#parts;
    const end = cluster.underlay() && cluster.tunnel();
    return end && { address: end.address, device: settings.device, port: settings.vxlanPort, encrypted: true };
  }

  get isInUse(): boolean {
    return [...this.#parts.networksInUse()].some(isEncrypted);
  }

  /** What the kernel shall have now. */
  objects(): KernelObject[] {
    return this.isInUse ? this.describe() : [];
  }

  /** The same in the firewall: by it packets are told apart that must not leave or come by another way. */
  elements(): FirewallElement[] {
    return this.isInUse ? this.describeElements() : [];
  }

  /** Kernel objects of the tunnel, in use or not; none on a host that has no tunnel. */
  describe(): KernelObject[] {
    const { cluster, settings, tunnels } = this.#parts;
    const end = cluster.tunnel();
    if (!end) return [];
    const { device: name, mtu } = settings;
    const { port: listenPort, prefix, address } = end;
    return tunnels.describe({ name, mtu, listenPort, prefix, address, owner: this.owner, why: "encrypted networks" });
  }

  describeElements(): FirewallElement[] {
    const { cluster, settings } = this.#parts;
    if (!cluster.tunnel()) return [];
    const about = { owner: this.owner, why: "encrypted networks" };
    return [
      { set: "tunnels", key: [settings.device], ...about },
      { set: "tunnel_ports", key: [String(settings.vxlanPort)], ...about },
    ];
  }

  get owner(): string {
    return `tunnel/${this.#parts.settings.device}`;
  }

  /**
   * Makes the device's peers the hosts of the cluster; returns how many were not as they should be. Nothing happens while the
   * tunnel is not in use, or the hosts are not known: those that are there stay.
   */
  meetPeers(): number {
    const { tunnels, settings, log } = this.#parts;
    const peers = this.#peers();
    if (!peers) return 0;
    try {
      const outcome = tunnels.setPeers(settings.device, peers);
      this.#complain(outcome);
      return outcome.changed;
    } catch (err) {
      if (!(err instanceof KernelError)) throw err;
      // A device that is gone is repaired, and then met anew.
      log.warn({ err }, "cannot tell the tunnel of encrypted networks who the other hosts are");
      return 0;
    }
  }

  /** How the device's peers differ from the hosts of the cluster. */
  comparePeers(): string[] {
    const { tunnels, settings } = this.#parts;
    const peers = this.#peers();
    const found = peers && tunnels.read(settings.device);
    if (!found) return []; // the device itself is what is missing
    const wanted = new Map(
      peers.flatMap((peer) =>
        this.#refused.has(claimOf(peer)) ? [] : [[peer.publicKey, `${peer.tunnelAddress}/128`]],
      ),
    );
    const right = found.peers.filter(
      ({ publicKey, allowedIps }) => allowedIps.length === 1 && wanted.get(publicKey) === allowedIps[0],
    );
    const [missing, excess] = [wanted.size - right.length, found.peers.length - right.length];
    return missing + excess > 0 ? [`${settings.device}: ${missing} missing or different, ${excess} too many`] : [];
  }

  #peers(): TunnelPeer[] | undefined {
    const { cluster } = this.#parts;
    if (!cluster.tunnel() || !this.isInUse) return undefined;
    const hosts = cluster.hosts();
    if (!hosts.some(({ id }) => id === cluster.hostId)) return undefined;
    const others = hosts.filter(({ id }) => id !== cluster.hostId);
    for (const host of others) if (!host.tunnel) this.#missUnreachable(host);
    return others.flatMap((host) => peerOf(host) ?? []);
  }

  #missUnreachable({ id, name }: ClusterHost): void {
    if (!this.#isNews(`no tunnel ${id}`)) return;
    this.#parts.log.warn(
      { host: name, id },
      "the host has no WireGuard: this one does not reach its containers on encrypted networks",
    );
  }

  #complain({ refused }: PeersOutcome): void {
    const { cluster, events, log } = this.#parts;
    const before = this.#refused;
    this.#refused = new Set(refused.map(({ peer }) => claimOf(peer)));
    for (const { peer, why } of refused) {
      if (before.has(claimOf(peer))) continue;
      const host = cluster.hosts().find(({ vtep }) => vtep === peer.endpoint.address);
      const about = { host: host?.name ?? peer.endpoint.address, why };
      log.error(about, "the host is kept out of encrypted networks");
      events.emit("cluster", "peer_refused", { id: host?.id ?? cluster.hostId, attributes: about });
    }
  }

  #isNews(text: string): boolean {
    return !this.#told.has(text) && this.#told.add(text) !== undefined;
  }
}

const claimOf = ({ publicKey, endpoint, tunnelAddress }: TunnelPeer) =>
  `${publicKey} ${endpoint.address} ${tunnelAddress}`;

const peerOf = ({ vtep, tunnel }: ClusterHost): TunnelPeer | undefined =>
  tunnel && {
    publicKey: tunnel.publicKey,
    endpoint: { address: vtep, port: tunnel.port },
    tunnelAddress: tunnel.address,
  };
