import type { Gate } from "../base/gate.ts";
import type { KeyedLock } from "../base/keyed-lock.ts";
import type { Log } from "../base/log.ts";
import type { Cluster } from "../contracts/cluster.ts";
import type { Dhcp } from "../contracts/dhcp.ts";
import type { Driver } from "../contracts/driver.ts";
import type { Firewall } from "../contracts/firewall.ts";
import type { Ipam } from "../contracts/ipam.ts";
import type { Kernel, KernelObject } from "../contracts/kernel.ts";
import type { Names } from "../contracts/names.ts";
import type { Plugins } from "../contracts/plugins.ts";
import type { Ports } from "../contracts/ports.ts";
import type { Tunnels } from "../contracts/tunnel.ts";
import type { OpenSandboxes } from "./endpoints/open-sandboxes.ts";
import type { EventHub } from "./events.ts";
import type { Claims } from "./plugins/claims.ts";
import type { NodeNews } from "./plugins/node-news.ts";
import type { RemoteIpam } from "./plugins/remote-ipam.ts";
import type { ExpectedLinks } from "./reconcile/expected-links.ts";
import type { HostTunnel } from "./shared/host-tunnel.ts";
import type { NetworksInUse } from "./shared/in-use.ts";
import type { Paths } from "./shared/paths.ts";
import type { State } from "./state.ts";

/** Looks drivers up by type. */
export interface Drivers {
  find(type: string): Driver;
  all(): readonly Driver[];
  /** Whether the type is one of ours; any other is a plugin's, whether or not that is there. */
  isBuiltIn(type: string): boolean;
}

/** Daemon settings that networking reads. */
export interface NetworkDefaults {
  /** Host address for published ports without one; "" for every address. */
  readonly bindAddress: string;
  /** Driver to options of new networks that do not say otherwise (dockerd: --default-network-opt). */
  readonly networkOptions: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/**
 * What the networking use cases work with.
 *
 * Locks are taken in this order and never in another: container id, then "networks" (the list), then network ids in
 * sorted order (KeyedLock.holdAll), then "use/" of a network, for a moment, then "tunnel".
 */
export interface Parts {
  readonly state: State;
  readonly kernel: Kernel;
  readonly firewall: Firewall;
  readonly ipam: Ipam;
  readonly cluster: Cluster;
  readonly dhcp: Dhcp;
  readonly names: Names;
  readonly ports: Ports;
  readonly drivers: Drivers;
  readonly plugins: Plugins;
  /** What plugins were asked for. */
  readonly claims: Claims;
  readonly remoteIpam: RemoteIpam;
  readonly nodeNews: NodeNews;
  readonly locks: KeyedLock;
  /** Shared by everything that changes kernel objects, taken after all locks; alone: the reconciler. */
  readonly gate: Gate;
  readonly events: EventHub;
  readonly expected: ExpectedLinks;
  readonly sandboxes: OpenSandboxes;
  readonly inUse: NetworksInUse;
  readonly paths: Paths;
  readonly tunnels: Tunnels;
  /** The one of this host, which encrypted networks go through. */
  readonly tunnel: HostTunnel;
  /** Networks of the cluster that cannot be used on this host, and why. */
  readonly clashes: Map<string, string>;
  readonly defaults: NetworkDefaults;
  /** What the host itself is given now: settings for forwarding, an address for ::1, the tunnel of encrypted networks. */
  readonly hostObjects: () => readonly KernelObject[];
  /** What the reconciler has done since the start, for /metrics. */
  readonly repairs: { runs: number; differences: Record<string, number> };
  /** Remote addresses written to tunnel devices and removed from them since the start, for /metrics. */
  readonly programmed: { put: number; dropped: number };
  readonly log: Log;
}
