/** The parts of the Docker Engine API's objects that this client reads by name; the daemon sends more. */
export interface NetworkSummary {
  readonly Name: string;
  readonly Id: string;
  readonly Created: string;
  readonly Scope: string;
  readonly Driver: string;
  readonly EnableIPv4: boolean;
  readonly EnableIPv6: boolean;
  readonly Internal: boolean;
  readonly Labels: Readonly<Record<string, string>> | null;
}

export interface PortSummary {
  readonly IP?: string;
  readonly PrivatePort: number;
  readonly PublicPort?: number;
  readonly Type: string;
}

export interface ContainerSummary {
  readonly Id: string;
  readonly Names: readonly string[];
  readonly Image: string;
  readonly Command: string;
  /** Seconds since the epoch. */
  readonly Created: number;
  readonly Ports: readonly PortSummary[] | null;
  readonly Labels: Readonly<Record<string, string>> | null;
  readonly State: string;
  readonly Status: string;
  readonly SizeRw?: number;
  readonly SizeRootFs?: number;
  readonly NetworkSettings?: { readonly Networks?: Readonly<Record<string, unknown>> | null };
  readonly Mounts?:
    | readonly { readonly Type: string; readonly Name?: string; readonly Source: string; readonly Driver?: string }[]
    | null;
}

export type PortBindings = Readonly<
  Record<string, readonly { readonly HostIp: string; readonly HostPort: string }[] | null>
>;

export interface ContainerInspect {
  readonly Id: string;
  readonly Name: string;
  readonly State: { readonly Status: string; readonly Running: boolean; readonly ExitCode: number };
  readonly Config: { readonly Tty: boolean; readonly OpenStdin: boolean };
  readonly HostConfig: { readonly AutoRemove: boolean };
  readonly NetworkSettings: { readonly Ports: PortBindings | null };
}

export interface ImageSummary {
  readonly Id: string;
  readonly RepoTags: readonly string[] | null;
  readonly Created: number;
  readonly Size: number;
}

export interface EventMessage {
  readonly Type: string;
  readonly Action: string;
  readonly Actor: { readonly ID: string; readonly Attributes: Readonly<Record<string, string>> | null };
  readonly time: number;
  readonly timeNano: number | bigint;
}

export interface NetworkCreateBody {
  readonly Name: string;
  readonly Driver: string;
  readonly [field: string]: unknown;
}

export interface ExecCreateBody {
  readonly Cmd: readonly string[];
  readonly User: string;
  readonly Privileged: boolean;
  readonly Tty: boolean;
  readonly AttachStdin: boolean;
  readonly AttachStdout: boolean;
  readonly AttachStderr: boolean;
  readonly Env?: readonly string[];
  readonly WorkingDir: string;
  /** Rows and columns. */
  readonly ConsoleSize?: readonly [number, number];
}

/** One port to publish (own API; docker publishes at create only). */
export interface PortPublish {
  readonly protocol: string;
  readonly containerPort: number;
  readonly hostIp: string;
  readonly hostPort: number;
  readonly hostPortEnd: number;
}

export interface PortMapping {
  readonly protocol: string;
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
}

export interface RepairReport {
  readonly differences: readonly {
    readonly problem: string;
    readonly object: string;
    readonly owner: string;
    readonly detail: string;
  }[];
  readonly repaired: boolean;
}

/** A host of the cluster (own API). */
export interface HostInspect {
  readonly id: string;
  readonly name: string;
  /** Empty on a host that is alone. */
  readonly address: string;
  readonly state: "live" | "unknown";
  readonly created: string;
  readonly epoch: number;
  readonly drained: boolean;
  /** The host that answers. */
  readonly self: boolean;
  readonly since?: string;
  readonly version?: string;
  readonly seen?: number;
  readonly lag?: number;
}

/** How a host stands in its cluster (own API). */
export interface ClusterStatus {
  readonly state: "connected" | "away" | "fenced";
  readonly connected: boolean;
  readonly why: string;
  /** RFC 3339. */
  readonly since: string;
  readonly store: {
    readonly address: string;
    readonly version: string;
    readonly members: readonly { readonly name: string; readonly endpoint: string; readonly leader: boolean }[];
    readonly warnings: readonly string[];
    readonly revision: number;
  };
  readonly seen: number;
  readonly lag?: number;
  readonly waiting: number;
  readonly outages: number;
  readonly host: { readonly id: string; readonly name: string; readonly address: string; readonly epoch: number };
  readonly hosts: { readonly live: number; readonly unknown: number };
}

/** docker: filters, key to values. */
export type Filters = Readonly<Record<string, readonly string[]>>;
