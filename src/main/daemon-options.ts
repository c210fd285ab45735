import type { BuiltInBridge } from "../engine/networks/built-in.ts";
import type { NamespaceDefaults } from "../model/confinement.ts";
import type { LogConfig } from "../model/container.ts";
import type { PluginSettings } from "../plugins/plugins.ts";
import type { ClusterSettings } from "./cluster-options.ts";

/** A block of addresses that new networks take subnets of `size` bits from (docker: --default-address-pool). */
export interface DefaultPool {
  readonly base: string;
  readonly size: number;
}

/** Everything `fairlead daemon` can be told, from flags, --config-file and defaults. */
export interface DaemonOptions {
  /** unix://PATH, tcp://HOST:PORT or fd://. */
  readonly hosts: readonly string[];
  /** Group that owns the unix sockets, when it exists. */
  readonly group: string;
  readonly dataRoot: string;
  readonly execRoot: string;
  readonly pidfile: string;
  /** "" : none was read. */
  readonly configFile: string;
  readonly logLevel: "debug" | "info" | "warn" | "error" | "fatal";
  readonly labels: readonly string[];
  /** Empty: the engine's own. */
  readonly addressPools: readonly DefaultPool[];
  /** The built-in network `bridge`; an absent field takes the engine's default. */
  readonly bridge: BuiltInBridge;
  /** Driver to option to value: defaults for new networks of that driver. */
  readonly networkOptions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly ipForward: boolean;
  /** Published ports are reached at the containers' own addresses, too, by whoever has a route. */
  readonly directRouting: boolean;
  /** What "host-gateway" in --add-host means; empty: the default bridge's addresses. */
  readonly hostGatewayIps: readonly string[];
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
  /** Registries without TLS, and those asked before Docker Hub. */
  readonly registries: { readonly insecure: readonly string[]; readonly mirrors: readonly string[] };
  readonly cluster: ClusterSettings;
  readonly plugins: PluginSettings;
  /** Of containers that name no log driver. */
  readonly logConfig: LogConfig;
  /** Of containers that say nothing of them. */
  readonly namespaces: NamespaceDefaults;
}
