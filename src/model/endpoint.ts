import type { Leases } from "./lease.ts";
import type { Plugged } from "./plugin.ts";

/** What a user may ask of one attachment (EndpointSettings of the Docker Engine API). */
export interface EndpointSettings {
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly linkLocal: readonly string[];
  readonly mac?: string;
  readonly aliases: readonly string[];
  /** Legacy --link: "container" or "container:alias". */
  readonly links: readonly string[];
  /** Interface name inside the sandbox; eth<N> when absent. */
  readonly ifName?: string;
  /** Highest wins the default route. */
  readonly gwPriority: number;
  readonly driverOptions: Readonly<Record<string, string>>;
}

/**
 * One container's attachment to one network. Exists, with its addresses, from connect (or container create) to
 * disconnect (or container remove), whether or not the container runs.
 */
export interface Endpoint {
  readonly id: string;
  readonly networkId: string;
  readonly containerId: string;
  readonly settings: EndpointSettings;
  /** "172.18.0.2/24"; absent on drivers without addresses, and while one that does not run has given it up. */
  readonly ipv4?: string;
  readonly ipv6?: string;
  readonly mac?: string;
  /** Where its addresses are lent by a DHCP server: only while its sandbox is open, and then `ipv4` and `ipv6` are theirs. */
  readonly leases?: Leases;
  /** Addresses, without prefix length, that it was lent last: they are asked for again. */
  readonly hadIpv4?: string;
  readonly hadIpv6?: string;
  /** Where its network is a plugin's: what that answered, while its sandbox is open. */
  readonly plugged?: Plugged;
  /** The container's way out beside networks of plugins that offer none: the engine's own doing, only while it runs. */
  readonly leg?: boolean;
  /** Made by a connect, not with its container. */
  readonly connected?: boolean;
  /** Name of its network once that has been removed under a stopped container. */
  readonly removedNetwork?: string;
  /** Chosen at the first attach and kept. */
  readonly ifName?: string;
  /** Names answered by DNS on this network: container name, aliases, short id, hostname. No duplicates, first is the name. */
  readonly dnsNames: readonly string[];
}
