import type { Network } from "../model/network.ts";
import type { RemoteAddress } from "./forwarding.ts";
import type { NameRecord } from "./names.ts";

/** A host of the cluster as its record says it, and whether its lease lives. */
export interface ClusterHost {
  readonly id: string;
  readonly name: string;
  /** Grows each time the host joins with a record that is not the one it left. */
  readonly epoch: number;
  /** Where its tunnels end; empty on a host that is alone. */
  readonly vtep: string;
  /** Bytes that the underlay carries. */
  readonly mtu: number;
  /** Of its tunnel device, for encrypted networks. */
  readonly tunnel?: TunnelEnd;
  /** RFC 3339: when it first joined. */
  readonly created: string;
  /** Takes no new endpoints on the cluster's networks. */
  readonly drained: boolean;
  /** "unknown": its lease has run out; its containers may well run on. */
  readonly state: "live" | "unknown";
  /** RFC 3339: since when its daemon is there; only of live ones. */
  readonly since?: string;
  /** Release of its daemon; only of live ones. */
  readonly version?: string;
}

/** A host and how far it is behind the store; both only of a host that has said so, at most 15 s ago. */
export interface SurveyedHost extends ClusterHost {
  /** The last revision it has followed. */
  readonly seen?: number;
  /** By how many revisions that is behind the newest that any host could have followed. */
  readonly lag?: number;
}

/** An endpoint of this host's with its sandbox open: what the others get to know. */
export interface LocalEndpoint {
  readonly networkId: string;
  readonly endpointId: string;
  readonly containerId: string;
  readonly container: string;
  readonly names: readonly string[];
  readonly mac: string;
  /** Without prefix length. */
  readonly ipv4?: string;
  readonly ipv6?: string;
}

/** An endpoint of another host, for inspect. */
export interface RemoteEndpoint extends LocalEndpoint {
  readonly hostId: string;
}

/** A host's end of the tunnels that encrypted networks go through. */
export interface TunnelEnd {
  /** Inside the tunnel, without a prefix length. */
  readonly address: string;
  readonly publicKey: string;
  /** UDP port of WireGuard on the underlay. */
  readonly port: number;
}

/** How what other hosts have on a network has changed. */
export interface RemoteChange {
  /** Begins anew: what the kernel has is to be compared with all of forwarding(). */
  readonly whole: boolean;
  readonly put: readonly RemoteAddress[];
  readonly drop: readonly RemoteAddress[];
  /** MACs that are still in use: a dropped address may share its MAC with one that stays. */
  readonly macs: ReadonlySet<string>;
  readonly publish: readonly NameRecord[];
  /** Endpoint ids. */
  readonly withdraw: readonly string[];
}

/** What the engine is told. Called from the event loop, never inside a call of the engine's; must not throw. */
export interface ClusterListener {
  /** A network of the cluster appeared or changed. */
  onNetwork(network: Network): void;
  onNetworkGone(networkId: string): void;
  /** Only for networks in use(). */
  onRemotes(networkId: string, change: RemoteChange): void;
  /** underlay() or tunnel() gives another answer now: fenced, or free again, or a member of another cluster. */
  onUnderlay(): void;
  /** hosts() gives another answer now. Before what is behind them changes. */
  onHosts(): void;
  /** Addresses of this host's endpoints that are somebody else's now: the host was taken for lost, and came back. */
  onLost(lost: readonly { readonly networkId: string; readonly address: string }[]): void;
  /** For the log, events and metrics. */
  onEvent(event: { readonly action: string; readonly attributes: Readonly<Record<string, string>> }): void;
}

/** What a host knows of its own place in the cluster: works without the store. */
export interface ClusterState {
  /** "connected": the store is heard; "away": not now; "fenced": away for so long that others may have our addresses. */
  readonly state: "connected" | "away" | "fenced";
  /** Whether the store is heard now, fenced or not. */
  readonly connected: boolean;
  /** Why the state is not "connected". */
  readonly why: string;
  /** RFC 3339: since when this state holds. */
  readonly since: string;
  /** Of this host; 0 before it has joined for the first time. */
  readonly epoch: number;
  /** The last revision that this host has followed. */
  readonly seen: number;
  /** Changes that wait to be written: endpoints to publish or withdraw. */
  readonly waiting: number;
  /** How often the store has gone away since the daemon started. */
  readonly outages: number;
}

export interface ClusterStatus extends ClusterState {
  /** Revisions that this host has yet to follow; absent while the store is away. */
  readonly lag?: number;
  readonly store: {
    /** As Cluster.storeName. */
    readonly address: string;
    readonly version: string;
    readonly members: readonly { readonly name: string; readonly endpoint: string; readonly leader: boolean }[];
    readonly warnings: readonly string[];
    /** 0 while it is away. */
    readonly revision: number;
  };
}

/**
 * What hosts have in common: networks, addresses, endpoints. Calls that need the store fail with STORE_AWAY when it does
 * not answer; those that say so work without it.
 */
export interface Cluster {
  readonly hostId: string;
  /** No store is shared with other hosts. */
  readonly isAlone: boolean;
  /** Where the store is, without credentials; "embedded" on a host that is alone. */
  readonly storeName: string;
  /**
   * Joins, and begins to follow; fails with INVALID or STORE_REFUSED when it cannot be let in. `known`: the cluster's networks as this host's own store has them: those that are gone
   * meanwhile are told of; when the cluster is another one than before, they are carried over into it. A host that has been a member starts
   * on what it knows, and joins meanwhile; while the store is away any host starts, and joins when it is back.
   */
  start(listener: ClusterListener, known: readonly Network[]): Promise<void>;
  /** The networks there are, as far as this host knows: works without the store. */
  networks(): readonly Network[];
  /** Claims name, VNI and subnets, all or nothing: the commit point. Returns the network with its VNI. */
  createNetwork(draft: Network): Promise<Network>;
  /** Fails with NETWORK_IN_USE naming hosts and containers. */
  removeNetwork(network: Network): Promise<void>;
  /** Takes an address for an endpoint, CIDR text: from what this host holds (works without the store), or from the pool. */
  reserve(
    network: Network,
    request: { readonly family: 4 | 6; readonly address?: string; readonly owner: string },
  ): Promise<string>;
  /** Gives it back, now here, in the store soon. Takes an address with or without prefix length. Idempotent. */
  release(network: Network, address: string): void;
  /** Takes an address of the local store back at start. */
  adopt(network: Network, address: string, owner: string): void;
  usage(network: Network): { subnet: string; inUse: bigint; available: bigint }[];
  /** Begins to follow a network's endpoints; resolves when the remote ones are known (onRemotes was called), or the store is away. */
  use(network: Network): Promise<void>;
  /** Stops following it. onRemotes is not called any more. */
  leave(networkId: string): void;
  /**
   * Tells the others; resolves when it is written, or at once while the store is away: it is written when that is back.
   * Fails with NETWORK_NOT_FOUND when the network is being removed.
   */
  publish(endpoints: readonly LocalEndpoint[]): Promise<void>;
  /** The opposite; never fails, is written when the store can be reached. Resolves when written or away. */
  withdraw(endpoints: readonly LocalEndpoint[]): Promise<void>;
  /** Endpoints of other hosts on a network in use(). */
  remotes(networkId: string): readonly RemoteEndpoint[];
  /** The same as the kernel shall have it; undefined before the first news, when nothing is known. */
  forwarding(networkId: string): readonly RemoteAddress[] | undefined;
  /** Where this host's tunnels end now; undefined on a host that is alone, or fenced. */
  underlay():
    | { readonly address: string; readonly device: string; readonly port: number; readonly mtu: number }
    | undefined;
  /**
   * This host's end of encrypted networks' tunnels, and the prefix that all of the cluster's are in. Undefined on a host that
   * is alone, that has never joined, or that can have none. Fenced or not.
   */
  tunnel(): (TunnelEnd & { readonly prefix: string }) | undefined;
  /** Publishes tunnel() as it is now; resolves when it is written. Fails with STORE_AWAY. */
  publishTunnel(): Promise<void>;
  /** This host is among them from the moment that they are known on. */
  hosts(): readonly ClusterHost[];
  /**
   * The same, each with how far it has followed, which is asked of the store; without that while it is away. With a
   * reference (id, unique prefix or name) that host alone: fails with CLUSTER_HOST_NOT_FOUND, or CLUSTER_HOST_REFUSED
   * when several match.
   */
  surveyHosts(reference?: string): Promise<readonly SurveyedHost[]>;
  /** Takes a host that is gone for good out: its addresses are free then. Refuses a live one. By id, unique prefix or name. */
  removeHost(reference: string): Promise<void>;
  /** Whether a host takes new endpoints on the cluster's networks. */
  drainHost(reference: string, drained: boolean): Promise<void>;
  state(): ClusterState;
  status(): Promise<ClusterStatus>;
  /** Leaves the cluster for good, before stop(): its record, addresses and endpoints go. Fails with STORE_AWAY. */
  quit(): Promise<void>;
  /** Lets go of lease and connections; what is in the kernel stays. */
  stop(): Promise<void>;
}
