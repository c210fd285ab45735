/** A block of addresses that new networks take subnets of `size` bits from (docker: --default-address-pool). */
export interface DefaultPool {
  readonly base: string;
  readonly size: number;
}

/** The built-in network `bridge`; an absent field takes the engine's default. */
export interface DefaultBridgeOptions {
  /** A bridge that exists already, "none" for no default network, "" for our own. */
  readonly name: string;
  /** CIDR text: address of the bridge and its subnet. */
  readonly bip?: string;
  readonly bip6?: string;
  /** Sub-ranges that containers get addresses from. */
  readonly fixedCidr?: string;
  readonly fixedCidr6?: string;
  readonly gateway?: string;
  readonly gateway6?: string;
  /** Bytes. */
  readonly mtu?: number;
  readonly icc: boolean;
  readonly ipv6: boolean;
  readonly masquerade: boolean;
  /** Host address that published ports without an address of their own are bound to (docker: --ip). */
  readonly hostIp: string;
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
  readonly bridge: DefaultBridgeOptions;
  /** Driver to option to value: defaults for new networks of that driver. */
  readonly networkOptions: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly ipForward: boolean;
  /** What "host-gateway" in --add-host means; empty: the default bridge's addresses. */
  readonly hostGatewayIps: readonly string[];
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
}
