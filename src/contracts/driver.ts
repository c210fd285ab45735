import type { Endpoint } from "../model/endpoint.ts";
import type { Network } from "../model/network.ts";
import type { FirewallElement } from "./firewall.ts";
import type { HostLink, KernelObject, NetnsRef } from "./kernel.ts";

/** What a network or endpoint is made of. Pure data: the engine makes, compares, repairs and removes it. */
export interface Plan {
  readonly objects: readonly KernelObject[];
  readonly elements: readonly FirewallElement[];
}

/** Stands for a gateway where there is none to name: everything is behind the link itself. */
export const onLink = "on-link";

/** What an endpoint offers its sandbox for the default route, per family: an address, or onLink; absent: none. */
export interface Gateways {
  readonly ipv4?: string;
  readonly ipv6?: string;
}

/** The machine at the moment a network is made on it. */
export interface Machine {
  readonly links: readonly HostLink[];
  /** Of the default route. */
  readonly uplink: HostLink | undefined;
  /** All other networks. */
  readonly networks: readonly Network[];
}

/** Addresses on a LAN are not ours alone. */
export interface Lan {
  /** The host's link to it. */
  readonly link: string;
  /** Whether an address that is chosen here is asked for there before it is used. */
  readonly detectDuplicates: boolean;
}

/** Where this host's tunnels end, when it belongs to a cluster. */
export interface Underlay {
  /** VTEP. */
  readonly address: string;
  /** The link that has it. */
  readonly device: string;
  /** UDP port of VXLAN. */
  readonly port: number;
  /** What enters it leaves the host encrypted or not at all. */
  readonly encrypted: boolean;
}

/** Facts of the machine that a description may depend on. */
export interface DriverKit {
  /** Name of the bridge of the built-in network `bridge`. */
  readonly defaultBridge: string;
  /** Bridge networks trust every link (dockerd: --allow-direct-routing). */
  readonly directRouting?: boolean;
  /** Of a network: one that asks for encryption has a tunnel. Undefined: there is none now, or this host is alone. */
  readonly underlay?: (network: Network) => Underlay | undefined;
}

/**
 * A driver only describes. It is a table of pure functions: options in, kernel objects and firewall elements out.
 * Order matters: objects are made in the order given and removed in reverse.
 */
export interface Driver {
  readonly type: string;
  /** Whether networks of this driver have address pools, and so endpoints addresses. */
  readonly addressed: boolean;
  /** One instance only, built in (host, none). */
  readonly singleton: boolean;
  /**
   * "global": its networks belong to all hosts of the cluster (Docker's scope). What `network` describes is then in the
   * kernel only while an open sandbox of this host is attached to it.
   */
  readonly scope: "local" | "global";
  /** Whether ports can be published on its endpoints. */
  readonly publishes: boolean;
  /** A third party's plugin makes its networks and endpoints, beside what is described here; absent: it does not. */
  readonly remote?: boolean;
  /** Bytes that its encapsulation takes of the underlay's MTU; absent: none. `underlay` undefined: not known yet. */
  overhead?(options: Network["options"], underlay: Pick<Underlay, "address"> | undefined): number;
  /** The LAN that a network's endpoints sit on; undefined for a network that meets none. Absent: this driver's never do. */
  lan?(network: Network): Lan | undefined;
  /** The bridge of this host on which an address may come to another MAC; absent: there is none, or addresses keep theirs. */
  bridgeOf?(network: Network): string;
  /** Refuses options it does not know or that make no sense; throws EngineError INVALID naming the option. */
  validateNetwork(network: Network): void;
  /**
   * Completes a new, valid network by what the machine has (a parent link, its MTU), for good: the result is what is
   * stored. Throws EngineError where the machine does not allow it. Absent: there is nothing to complete.
   */
  prepareNetwork?(network: Network, machine: Machine): Network;
  /**
   * Families in which the host needs an address of its own in the network. Each is taken from the pool at creation and
   * kept as its aux address "host", unless the user named one. Absent: none.
   */
  hostFamilies?(network: Network): readonly (4 | 6)[];
  /** Families in which a network needs an address for a gateway; one that is named is kept all the same. Absent: both. */
  gatewayFamilies?(network: Network): readonly (4 | 6)[];
  /** Whether endpoints have MACs of their own; absent: they do. */
  hasMacs?(network: Network): boolean;
  /** Refuses endpoint driver options. */
  validateEndpoint(network: Network, endpoint: Endpoint): void;
  network(network: Network): Plan;
  /** `ifName` inside the sandbox is set on the endpoint before this is called. */
  endpoint(network: Network, endpoint: Endpoint, sandbox: NetnsRef): Plan;
  /** Of the pools that the endpoint's addresses come from: a gateway elsewhere is out of its reach. */
  gateways(network: Network, endpoint: Pick<Endpoint, "ipv4" | "ipv6" | "plugged">): Gateways;
  /**
   * Families in which a published port is opened at the container's own address, and no port of the host leads there.
   * Absent: none.
   */
  routedFamilies?(network: Network): readonly (4 | 6)[];
  /** Whether some links reach published ports at the containers' own addresses, beside those of the host. Absent: none. */
  trustsLinks?(network: Network): boolean;
}

/** What src/main/drivers.ts lists, one line a driver. */
export interface DriverModule {
  readonly type: string;
  create(kit: DriverKit): Driver;
}
