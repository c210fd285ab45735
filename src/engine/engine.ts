import type { Writable } from "node:stream";
import type { Cluster, ClusterHost, RemoteEndpoint } from "../contracts/cluster.ts";
import type { Difference } from "../contracts/kernel.ts";
import type { HostConfinement, HostLimits, ProcessList, Usage } from "../contracts/limits.ts";
import type {
  ExecSession,
  ExecSpec,
  LogEntry,
  LogQuery,
  OutputChunk,
  OutputWanted,
  RootOverlay,
  TerminalSize,
} from "../contracts/runtime.ts";
import type { Container, ContainerConfig, ContainerStatus, RestartPolicy } from "../model/container.ts";
import type { Endpoint, EndpointSettings } from "../model/endpoint.ts";
import type { Limits } from "../model/limits.ts";
import type { Network } from "../model/network.ts";
import type { Platform } from "../model/platform.ts";
import type { PortMapping, PortRequest } from "../model/port.ts";
import type { ArchiveUseCases } from "./containers/archive.ts";
import type { VolumeUseCases } from "./volumes/use-cases.ts";

/** POST /networks/create in the model's words; absent fields take the driver's or the daemon's defaults. */
export interface NetworkRequest {
  readonly name: string;
  readonly driver: string;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  /** Families that the client says nothing of: `ipv4` and `ipv6` are but what is usual. */
  readonly openFamilies?: readonly ("ipv4" | "ipv6")[];
  readonly ipamDriver: string;
  readonly ipamOptions: Readonly<Record<string, string>>;
  readonly noIpamOptions?: true;
  readonly pools: readonly {
    readonly subnet?: string;
    readonly range?: string;
    readonly gateway?: string;
    readonly aux: Readonly<Record<string, string>>;
  }[];
  readonly options: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  readonly configOnly: boolean;
  readonly configFrom?: string;
}

/** Docker's filters: key to values; values of one key are alternatives, keys must all match. */
export type Filters = Readonly<Record<string, readonly string[]>>;

export interface NetworkView {
  readonly network: Network;
  /** Endpoints of running containers, with the container's name (docker: Containers). */
  readonly endpoints: readonly { readonly endpoint: Endpoint; readonly containerName: string }[];
  readonly usage: readonly { readonly subnet: string; readonly inUse: bigint; readonly available: bigint }[];
  /** Of a network of the cluster that this host uses: endpoints of other hosts; those hosts and this one. */
  readonly remotes?: readonly RemoteEndpoint[];
  /** `pathMtu`: bytes that arrive there, when the underlay carries more. */
  readonly peers?: readonly (ClusterHost & { readonly pathMtu?: number | undefined })[];
}

export interface ContainerRequest {
  /** "" : the engine makes one up. */
  readonly name: string;
  /** rootfs kind "image" comes with imageId "": the engine resolves it. */
  readonly config: ContainerConfig;
  /** What the image must be for; none: whatever it is for. */
  readonly platform?: Platform;
  /** An entrypoint was given, be it an empty one: the image's does not count. */
  readonly entrypointGiven?: boolean;
  /** Network name or id to settings, in the order given; empty: the network of config.networkModeText. */
  readonly endpoints: readonly { readonly network: string; readonly settings: EndpointSettings }[];
}

export interface ContainerView {
  readonly container: Container;
  /** In gateway order; those of its creator for container:NAME. */
  readonly endpoints: readonly { readonly endpoint: Endpoint; readonly network: Network }[];
  /** Path of its network namespace; "" without one. */
  readonly sandboxPath: string;
  /** Where its volumes are on the host, by name. */
  readonly mountpoints: Readonly<Record<string, string>>;
  /** What links of others call it, "web/db". */
  readonly linkedNames: readonly string[];
  /** Its own legacy links on the default bridge, with their targets' names. */
  readonly links: readonly { readonly alias: string; readonly target: string }[];
  /** Of execs that have not ended. */
  readonly execIds: readonly string[];
  readonly files: {
    readonly resolvConf: string;
    readonly hosts: string;
    readonly hostname: string;
    readonly log: string;
  };
}

export interface AttachOptions {
  /** What it wrote before, first. */
  readonly logs: boolean;
  /** What it writes from now on; of one that does not run, from its next start on. */
  readonly stream: boolean;
  /** Fires when the client has left. */
  readonly signal: AbortSignal;
}

/** A client joined to a container's streams. */
export interface Attachment extends Disposable {
  /** To the end of the run, or of what there is without `stream`; called once. */
  output(wanted: Omit<OutputWanted, "follow">): AsyncIterable<readonly OutputChunk[]>;
  /** Waits for the container's start. Undefined when it has no input (any more), or is removed before. */
  openInput(): Promise<Writable | undefined>;
  /** Ends the container's input for everybody. */
  closeInput(): Promise<void>;
  /** The client has asked to be detached with its keys. */
  detached(): void;
}

export interface ExecView {
  readonly id: string;
  readonly containerId: string;
  readonly spec: ExecSpec;
  readonly running: boolean;
  readonly exitCode?: number;
  readonly pid: number;
}

/** One entry of the event stream, as GET /events has it. */
export interface EngineEvent {
  readonly type: "network" | "container" | "image" | "volume" | "daemon" | "cluster";
  readonly action: string;
  readonly actor: { readonly id: string; readonly attributes: Readonly<Record<string, string>> };
  readonly timeNano: bigint;
}

export interface RepairReport {
  readonly differences: readonly Difference[];
  /** False for a dry run, and when there was nothing to do. */
  readonly repaired: boolean;
}

/** The use cases. Names, ids and unique id prefixes are accepted wherever a reference is asked for. */
export interface Engine {
  readonly networks: {
    create(request: NetworkRequest): Promise<{ id: string; warning: string }>;
    inspect(reference: string): NetworkView;
    /** Whether there is one of that name; does not look at what is on it. */
    has(name: string): boolean;
    list(filters: Filters): NetworkView[];
    remove(reference: string): Promise<void>;
    prune(filters: Filters): Promise<string[]>;
    connect(network: string, container: string, settings: EndpointSettings): Promise<void>;
    disconnect(network: string, container: string, options: { force: boolean }): Promise<void>;
  };
  readonly containers: {
    create(request: ContainerRequest): Promise<{ id: string; warnings: string[] }>;
    start(reference: string): Promise<void>;
    /** NOT_MODIFIED when it is stopped already. `timeoutSeconds` undefined: the container's own. */
    stop(reference: string, options: { timeoutSeconds?: number; signal?: string }): Promise<void>;
    restart(reference: string, options: { timeoutSeconds?: number }): Promise<void>;
    kill(reference: string, signal: string): Promise<void>;
    pause(reference: string): Promise<void>;
    unpause(reference: string): Promise<void>;
    /** `volumes`: the anonymous ones that nobody else uses go too. */
    remove(reference: string, options: { force: boolean; volumes?: boolean }): Promise<void>;
    /** Resolves to the exit code. Registers at once, so a caller may start the container after calling. */
    wait(reference: string, condition: "not-running" | "next-exit" | "removed", signal: AbortSignal): Promise<number>;
    rename(reference: string, name: string): Promise<void>;
    /** Forgets a legacy link of the default bridge. CONTAINER_NOT_FOUND when there is none of that name. */
    unlink(reference: string, alias: string): Promise<void>;
    /** Changes limits and restart policy, at once when it runs; what is absent stays. */
    update(
      reference: string,
      update: { readonly limits: Limits; readonly restartPolicy?: RestartPolicy },
    ): Promise<{ warnings: string[] }>;
    /** What a running one uses; undefined when it does not run. */
    usage(reference: string): Usage | undefined;
    /** What the host's ps(1) says of its processes; CONTAINER_NOT_RUNNING. */
    top(reference: string, psArguments: readonly string[]): Promise<ProcessList>;
    inspect(reference: string): ContainerView;
    /** Where its root lies; undefined when that is a directory as it is. */
    overlay(reference: string): RootOverlay | undefined;
    list(options: { all: boolean; limit?: number; filters: Filters }): ContainerView[];
    prune(filters: Filters): Promise<{ removed: string[]; reclaimedBytes: number }>;
    logs(reference: string, query: LogQuery): AsyncIterable<readonly LogEntry[]>;
    /** At once: nothing that is written after the call is missed. */
    attach(reference: string, options: AttachOptions): Attachment;
    /** Of the container's terminal, in characters. */
    resize(reference: string, rows: number, columns: number): void;
    /** Publishes and withdraws ports of a container, running or not; all or nothing. */
    publish(reference: string, requests: readonly PortRequest[]): Promise<PortMapping[]>;
    withdraw(
      reference: string,
      ports: readonly { protocol: string; containerPort: number; hostPort?: number }[],
    ): Promise<PortMapping[]>;
    execCreate(reference: string, spec: ExecSpec): string;
    execStart(execId: string, options: { size?: TerminalSize }): Promise<ExecSession>;
    /** Throws what execStart() refuses before it runs anything. */
    execCheck(execId: string): void;
    execInspect(execId: string): ExecView;
    /** Before its start, too: that is then the size it starts with. */
    execResize(execId: string, rows: number, columns: number): void;
    /** Its client has asked to be detached with its keys. */
    execDetached(execId: string): void;
  };
  readonly volumes: VolumeUseCases;
  /** Files of containers. */
  readonly archive: ArchiveUseCases;
  readonly cluster: Pick<
    Cluster,
    "hostId" | "storeName" | "hosts" | "surveyHosts" | "removeHost" | "drainHost" | "state" | "status"
  >;
  /** Gives this host's tunnel a new key; fails with CLUSTER_HOST_REFUSED when it has none, and with STORE_AWAY. */
  rotateKey(): Promise<{ publicKey: string }>;
  /** Calls `listener` for every event from now on. */
  subscribe(listener: (event: EngineEvent) => void): Disposable;
  /** Events kept since `sinceNano` (the last 1,000), for GET /events?since=. */
  eventsSince(sinceNano: bigint): EngineEvent[];
  repair(options: { dryRun: boolean }): Promise<RepairReport>;
  /** What this host can limit and how it confines, for GET /info. */
  hostLimits(): HostLimits;
  hostConfinement(): HostConfinement;
  /** Containers by status; paused ones are not among those that run. */
  counts(): Readonly<Record<ContainerStatus | "paused" | "networks" | "endpoints", number>>;
}
