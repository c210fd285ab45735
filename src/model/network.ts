import { formatCidr, networkOfAddress } from "../base/cidr.ts";

/** Addresses are canonical text (RFC 5952 for IPv6), subnets canonical CIDR text with no host bits set. */
export interface Pool {
  readonly subnet: string;
  /** Dynamic addresses come from here only (docker: --ip-range); inside `subnet`. */
  readonly range?: string;
  readonly gateway?: string;
  /** Addresses never handed out: name to address (docker: --aux-address). */
  readonly aux: Readonly<Record<string, string>>;
  /** Where an IPAM plugin gives the addresses: its name for the pool, and whether the gateway is from it as well. */
  readonly remote?: { readonly id: string; readonly space: string; readonly gateway: boolean };
}

/** Name of the aux address that is the host's own in the network, where its driver gives it one. */
export const hostAux = "host";
/** Another name for one of IPv6: a command line has each name once. */
const hostAux6 = "host6";

/** The host's own address in a pool. */
export const hostAddressIn = ({ aux }: Pick<Pool, "aux">): string | undefined => aux[hostAux] ?? aux[hostAux6];

/** Docker's name of the aux address that is the endpoints' gateway where the pool's is the host's own (--default-gateway). */
export const defaultGatewayAux = (address: string): string =>
  address.includes(":") ? "DefaultGatewayIPv6" : "DefaultGatewayIPv4";

/** The gateway of the pool that an endpoint's address ("172.18.0.2/24") is of; absent without address or gateway. */
export function gatewayOf({ pools }: Pick<Network, "pools">, address: string | undefined): string | undefined {
  if (address === undefined) return undefined;
  const subnet = formatCidr(networkOfAddress(address));
  const pool = pools.find((each) => each.subnet === subnet);
  return pool?.aux[defaultGatewayAux(address)] ?? pool?.gateway;
}

/** Whether endpoints' addresses come from the LAN's DHCP server, and so exist only while they are attached. */
export const isLeased = ({ ipamDriver }: Pick<Network, "ipamDriver">): boolean => ipamDriver === "dhcp";

/** Address management that is built in; "" is an old record's default. */
const builtInIpam: readonly string[] = ["", "default", "dhcp", "null"];

/** Whether an IPAM plugin gives the addresses. */
export const isRemoteIpam = ({ ipamDriver }: Pick<Network, "ipamDriver">): boolean => !builtInIpam.includes(ipamDriver);

/** Whether addresses come from pools of this daemon's own, or are noted there, so that no two endpoints have the same. */
export const hasOwnPools = ({ pools }: Pick<Network, "pools">, { remote }: { readonly remote?: boolean }): boolean =>
  pools.some((pool) => pool.remote === undefined || !remote);

/** A named segment made by one driver (CNM network). Stored as JSON under its id. */
export interface Network {
  readonly id: string;
  readonly name: string;
  readonly driver: string;
  /** "global": the same network on every host of the cluster. */
  readonly scope: "local" | "global";
  /** RFC 3339 with nanoseconds, UTC. */
  readonly created: string;
  readonly internal: boolean;
  readonly attachable: boolean;
  readonly ipv4: boolean;
  readonly ipv6: boolean;
  readonly ipamDriver: string;
  readonly ipamOptions: Readonly<Record<string, string>>;
  /** None were sent, not even an empty map: inspect shows null. */
  readonly noIpamOptions?: true;
  readonly pools: readonly Pool[];
  /** True when the user named the subnets: only then may a container ask for a static address (docker's rule). */
  readonly userSubnets: boolean;
  readonly options: Readonly<Record<string, string>>;
  /** What the driver found out or decided when it was made, beside what options show. */
  readonly settled?: Readonly<Record<string, string>>;
  readonly labels: Readonly<Record<string, string>>;
  /** Bytes; taken from the uplink at creation unless given. */
  readonly mtu: number;
  readonly configOnly: boolean;
  /** Name of the config-only network this one was made from. */
  readonly configFrom?: string;
  /** bridge, host, none: there from the start, never removed. */
  readonly builtIn: boolean;
}

/** Families in which a network's bridge, somebody else's, has addresses of its own; undefined for a bridge of ours. */
export function foundFamilies({ settled }: Pick<Network, "settled">): readonly (4 | 6)[] | undefined {
  if (settled?.["bridge"] !== "found") return undefined;
  return ([4, 6] as const).filter((family) => settled["addressed"]?.split(",").includes(String(family)));
}

/** Whether it belongs to all hosts of the cluster, and is in a host's kernel only while it is used there. */
export const isShared = ({ scope }: Pick<Network, "scope">): boolean => scope === "global";

/** Docker's option of an overlay; it has no prefix, and its value may be left out. */
export const encryptedOption = "encrypted";
const no: readonly string[] = ["0", "f", "F", "false", "FALSE", "False"];

/** Whether its packets between hosts are encrypted: asked for by whatever does not plainly say no. */
export function isEncrypted({ options }: Pick<Network, "options">): boolean {
  const value = options[encryptedOption];
  return value !== undefined && !no.includes(value);
}
