import type { Rollback } from "../base/rollback.ts";
import type { Forwarding } from "./forwarding.ts";
import type { PacketSockets } from "./packets.ts";

/**
 * What drivers describe and the kernel layer makes, compares and removes. One description serves creation, repair,
 * removal and explanation (docs/decisions/0001-described-kernel-objects.md), so a driver holds no I/O at all.
 */
export type KernelObject =
  | BridgeObject
  | VethObject
  | VxlanObject
  | BridgeFdbObject
  | WireguardObject
  | AddressObject
  | RouteObject
  | BlackholeObject
  | MacvlanObject
  | IpvlanObject
  | VlanObject
  | MovedLinkObject
  | RuleObject
  | NeighbourObject
  | SysctlObject;

/** Objects that are interfaces. What they carry goes with them. */
export type LinkObject = Extract<KernelObject, { readonly name: string; readonly netns: NetnsRef }>;
export const isLink = (object: KernelObject): object is LinkObject => "name" in object;

/** Links on a link of the host, which the kernel takes away together with it. */
export type ParentedObject = MacvlanObject | IpvlanObject | VlanObject;
export const hasParent = (object: KernelObject): object is ParentedObject => "parent" in object;

/** "host": the namespace the daemon treats as the machine; else the id of a sandbox. */
export type NetnsRef = string;
export const hostNetns: NetnsRef = "host";

interface Described {
  readonly netns: NetnsRef;
  /** Who it belongs to: "network/<id>", "endpoint/<id>", "sandbox/<id>" or "tunnel/<name>". */
  readonly owner: string;
  /** Why it is there, for people: `endpoint of web on net1`. */
  readonly why: string;
}

/** A bridge, made up, with a fixed MAC (a bridge's MAC follows its members otherwise). */
export interface BridgeObject extends Described {
  readonly kind: "bridge";
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
}

/** A veth pair, both ends made up. `name` is the end in `netns`; the other is made inside `peer.netns`. */
export interface VethObject extends Described {
  readonly kind: "veth";
  readonly name: string;
  readonly mtu: number;
  /** The bridge the near end is a port of. */
  readonly master?: string;
  /** Bridge port isolation: reaches the bridge itself, not other isolated ports (IFLA_BRPORT_ISOLATED, Linux 4.18). */
  readonly isolated: boolean;
  /** False: the bridge neither learns from this port nor floods unknown unicast to it; its MAC is a BridgeFdbObject. */
  readonly learns?: boolean;
  readonly peer: { readonly netns: NetnsRef; readonly name: string; readonly mac: string };
}

/** A link of its own MAC on a link of the host ("parent"), made inside `netns` straight away; made up. */
export interface MacvlanObject extends Described {
  readonly kind: "macvlan";
  readonly name: string;
  /** "" in mode passthru: that of the parent, which the kernel gives it. */
  readonly mac: string;
  readonly mtu: number;
  /** A link of the host. When it goes, the kernel takes this one with it. */
  readonly parent: string;
  /** MACVLAN_MODE_*, include/uapi/linux/if_link.h. */
  readonly mode: "bridge" | "vepa" | "private" | "passthru";
}

/** A link that shares the MAC of its parent and is told apart by its addresses. Linux 3.19; flags 4.15. */
export interface IpvlanObject extends Described {
  readonly kind: "ipvlan";
  readonly name: string;
  readonly mtu: number;
  readonly parent: string;
  readonly mode: "l2" | "l3" | "l3s";
  readonly flag: "bridge" | "private" | "vepa";
}

/** An 802.1q sub-interface of a link of the host. */
export interface VlanObject extends Described {
  readonly kind: "vlan";
  readonly name: string;
  readonly parent: string;
  /** 1 to 4094. */
  readonly id: number;
}

/**
 * A link that somebody else made in the host, as plugins do: moved into `netns`, where it has `name` and is made up. Removing
 * it moves it back, under its name in the host.
 */
export interface MovedLinkObject extends Described {
  readonly kind: "moved-link";
  readonly name: string;
  /** Its name in the host. */
  readonly from: string;
  /** "" : it keeps its own. */
  readonly mac: string;
}

/**
 * A VXLAN device as a port of a bridge (RFC 7348): no flooding, answers ARP and ND for remote endpoints from its own
 * neighbour table (`proxy`), learning on, so that a known MAC from a wrong VTEP is dropped. Its remote endpoints are no
 * objects but a ForwardingTable: there may be a hundred thousand.
 */
export interface VxlanObject extends Described {
  readonly kind: "vxlan";
  readonly name: string;
  readonly mac: string;
  readonly mtu: number;
  /** The bridge it is a port of. */
  readonly master: string;
  /** VXLAN network identifier, 1 to 2^24 - 1. */
  readonly vni: number;
  /** UDP port, 4789 by IANA. */
  readonly port: number;
  /** Address of this host that tunnels end at (VTEP). */
  readonly local: string;
  /** The underlay link: packets leave through it or not at all. */
  readonly device: string;
}

/** A static entry of a bridge's forwarding database: this MAC is behind this port, and ages never. */
export interface BridgeFdbObject extends Described {
  readonly kind: "bridge-fdb";
  /** The port. */
  readonly link: string;
  readonly mac: string;
}

/**
 * A WireGuard device, made up. Its peers are no objects but those of a Tunnels (src/contracts/tunnel.ts). The private key
 * is not in the description, which is compared, printed and sent between threads: it is read from its file when it is set.
 */
export interface WireguardObject extends Described {
  readonly kind: "wireguard";
  readonly name: string;
  readonly mtu: number;
  /** UDP port on the underlay. */
  readonly listenPort: number;
  /** Path of the file with the private key, and the public key that belongs to it, which tells one from another. */
  readonly keyFile: string;
  readonly publicKey: string;
}

/** An address on a link, without duplicate address detection (IFA_F_NODAD). */
export interface AddressObject extends Described {
  readonly kind: "address";
  readonly link: string;
  /** CIDR text: "172.18.0.2/24". */
  readonly address: string;
}

export interface RouteObject extends Described {
  readonly kind: "route";
  /** CIDR text; "0.0.0.0/0" or "::/0" for the default route. */
  readonly destination: string;
  /** Absent: the destination is on the link itself. */
  readonly gateway?: string;
  readonly link: string;
  /** Routing table number, 1 to 2^32 - 1; main (254) when absent. */
  readonly table?: number;
}

/** A rule of policy routing: packets from this address ask this table before main. */
export interface RuleObject extends Described {
  readonly kind: "rule";
  /** Address text, without prefix length. */
  readonly source: string;
  /** Number of the routing table, 1 to 2^32 - 1. */
  readonly table: number;
}

/** A permanent neighbour: the address is at this MAC, and nobody is asked for it (NUD_PERMANENT). */
export interface NeighbourObject extends Described {
  readonly kind: "neighbour";
  readonly link: string;
  /** Address text, without prefix length. */
  readonly address: string;
  readonly mac: string;
}

/**
 * Swallows what has no better route: of the largest metric, so that any other route to the destination comes first. It
 * is what packets meet when the link that they belong on has gone. IPv6.
 */
export interface BlackholeObject extends Described {
  readonly kind: "blackhole";
  /** CIDR text. */
  readonly destination: string;
}

export interface SysctlObject extends Described {
  readonly kind: "sysctl";
  /** Path below /proc/sys: "net/ipv4/conf/br0/route_localnet". */
  readonly key: string;
  readonly value: string;
  /** What its removal sets it to, on a link that stays. Absent: it goes with its link or its namespace. */
  readonly afterwards?: string;
  /** True when a missing key (a kernel without the feature) is no error. */
  readonly optional: boolean;
}

/** One way in which the kernel differs from what was described. */
export interface Difference {
  readonly problem: "missing" | "different" | "orphan";
  /** `bridge br-0123`, `address 172.18.0.1/24 on br-0123`, `rule set of table inet fairlead`. */
  readonly object: string;
  readonly owner: string;
  /** What was found and what was expected. */
  readonly detail: string;
}

/** A change to kernel state of ours that somebody else made (or that the kernel made for its own reasons). */
export interface KernelChange {
  readonly what: "link" | "address" | "route" | "rules" | "overflow";
  readonly netns: NetnsRef;
  /** Interface or table name, when the message had one. */
  readonly name?: string;
}

export interface HostRoute {
  /** CIDR text. */
  readonly destination: string;
  readonly ifName: string;
  readonly gateway?: string;
  /** Routing table number; 254 is main. */
  readonly table: number;
  /** RTN_*: 1 unicast, 2 local, ... */
  readonly type: number;
}

export interface HostLink {
  readonly name: string;
  readonly ifIndex: number;
  readonly mac: string;
  readonly mtu: number;
  readonly up: boolean;
  readonly kind: string;
  readonly alias: string;
  /** Name of the bridge (or bond, ...) that it is a port of. */
  readonly master?: string;
  /** CIDR texts. */
  readonly addresses: readonly string[];
}

/** Network namespaces pinned under the exec root. */
export interface Sandboxes {
  /** Makes a namespace with loopback up and IPv6 off by default on later interfaces, pinned; EEXIST if it is there. */
  create(id: string): void;
  /** Unpins it; the kernel ends it and what is inside when its last process has gone. Idempotent. */
  remove(id: string): Promise<void>;
  /** Ids of all that are pinned. */
  list(): string[];
  exists(id: string): boolean;
  /** Gives the directory of the pins back, when none is left in it; for the day that everything goes. */
  dismantle(): void;
  /** The pin's path, as runc takes it. */
  path(id: string): string;
  /**
   * Runs `body` with this thread inside the sandbox (or "host", where it just runs). Nothing in it may be awaited, and
   * no asynchronous fs or FFI call started: pool threads do not follow.
   */
  runIn<T>(netns: NetnsRef, body: () => T extends PromiseLike<unknown> ? never : T): T;
}

export interface Kernel {
  readonly sandboxes: Sandboxes;
  /** Remote endpoints of the host's VXLAN devices. */
  readonly forwarding: Forwarding;
  /**
   * Makes the objects in the given order, in one netlink batch per namespace and run of objects, synchronously. Names
   * an undo for each object made. Throws KernelError for the first that fails. Objects that are already there fail
   * with EEXIST, except sysctls, and routes, which replace.
   */
  apply(objects: readonly KernelObject[], rollback: Rollback): void;
  /** Removes the objects, last first, on the deletion thread. "Already gone" is success; all failures are reported together. */
  remove(objects: readonly KernelObject[]): Promise<void>;
  /** Compares with the live kernel. Empty: all is as described. */
  diff(objects: readonly KernelObject[]): Difference[];
  /** Makes what is missing and mends what is different; as apply() otherwise. Safe to call on a whole network that works. */
  repair(objects: readonly KernelObject[]): void;
  /** Links that carry our mark (interface alias "fairlead ...") with the owner read from it; those of the host unless told. */
  owned(netns?: NetnsRef): { readonly name: string; readonly owner: string }[];
  /** Removes a link by name, of the host unless told, on the deletion thread; idempotent. */
  removeLink(name: string, netns?: NetnsRef): Promise<void>;
  /**
   * Static routes and permanent neighbours on these links of the host, all of them ours, that none of `objects`
   * describes; with their names for people. To be removed with remove().
   */
  strays(
    links: readonly string[],
    objects: readonly KernelObject[],
  ): readonly { readonly object: KernelObject; readonly name: string }[];
  /** Links of a namespace with their addresses. */
  links(netns: NetnsRef): HostLink[];
  /** Routes of the host, every table, both families. */
  routes(): HostRoute[];
  /** Interface of the host's default route, IPv4 first; undefined without one. */
  uplink(): HostLink | undefined;
  /** Announces an address of a sandbox's interface to its neighbours (gratuitous ARP, unsolicited NA); best effort, logged. */
  announce(netns: NetnsRef, link: string, mac: string, addresses: readonly string[]): void;
  /** The same to all on a bridge of the host, and to the host; takes no time. */
  announceOnBridge(bridge: string, mac: string, addresses: readonly string[]): void;
  /**
   * Asks a link's neighbours for addresses (ARP probes, neighbour solicitations; RFC 5227, RFC 4862): those that somebody
   * has, with the MAC that answered. MACs of the host's links do not count. Takes some 400 ms when nobody answers.
   */
  probeAddresses(
    at: { readonly netns: NetnsRef; readonly link: string },
    addresses: readonly string[],
    signal?: AbortSignal,
  ): Promise<Map<string, string>>;
  /** Packets of single links, below addresses and firewall. */
  readonly packets: PacketSockets;
  /**
   * Deletes conntrack entries of these published ports, of those at one address where one is given, on the deletion
   * thread: when it resolves, their flows follow the rules as they are.
   */
  flushConntrack(
    ports: readonly { readonly protocol: "udp" | "sctp"; readonly port: number; readonly address?: string }[],
  ): Promise<void>;
  /** Byte and packet counters of one link; undefined when it is not there. */
  counters(netns: NetnsRef, link: string): LinkCounters | undefined;
  /**
   * Calls `onChange` for changes to links, addresses and routes of the host that are ours and to our nft table by other
   * processes; of other people's links, for their coming and going, up and down: they may be parents of ours.
   */
  watch(onChange: (change: KernelChange) => void): Disposable;
  /** Ends threads and sockets. */
  close(): Promise<void>;
}

export interface LinkCounters {
  readonly rxBytes: number;
  readonly rxPackets: number;
  readonly rxErrors: number;
  readonly rxDropped: number;
  readonly txBytes: number;
  readonly txPackets: number;
  readonly txErrors: number;
  readonly txDropped: number;
}
