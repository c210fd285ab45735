import type { ClusterHost, LocalEndpoint } from "../contracts/cluster.ts";
import type { Entry } from "../contracts/cluster-store.ts";
import type { Network } from "../model/network.ts";
import { whatIsWrong } from "./record-shapes.ts";

/** `hosts/<host>`: what is known of a host without its lease. */
export type HostRecord = Omit<ClusterHost, "state" | "since" | "version">;

/** `live/<host>`, leased. */
export interface LiveRecord {
  readonly epoch: number;
  readonly since: string;
  readonly version: string;
}

/** `seen/<host>`, leased: for people who ask, nobody follows it. */
export interface SeenRecord {
  /** The last revision that the host has followed. */
  readonly revision: number;
}

/** `networks/<network>`. */
export interface NetworkRecord {
  readonly network: Network;
  /** The host that is removing it: no endpoint may be published any more. */
  readonly removing?: string;
}

/** `slots/<network>/<family>/<index>`: one host may hand out all of its addresses, or several have single ones. */
export type SlotRecord =
  | { readonly host: string }
  /** Address to host. */
  | { readonly singles: Readonly<Record<string, string>> };

/** `endpoints/<network>/<address>`. Valid as long as `hosts/<host>` is there with this epoch. */
export interface EndpointRecord extends LocalEndpoint {
  readonly host: string;
  readonly epoch: number;
}

/** `wishes/...`: a host asks whoever holds whole slots to let single addresses go. Absent slot: any. */
export interface WishRecord {
  readonly host: string;
  readonly slot?: string;
}

/**
 * Reads a record by its key. Throws an Error naming the key for what this release would not have written: whoever can
 * write below the prefix must not be able to bring hosts down with it.
 */
export function read<T extends object>({ key, value }: Entry): T {
  let parsed: unknown;
  try {
    parsed = JSON.parse(value);
  } catch (cause) {
    throw new Error(`Cannot read key ${key} of the cluster's store: it is no record of ours`, { cause });
  }
  const wrong = whatIsWrong(key, parsed);
  if (wrong !== undefined) throw new Error(`Cannot read key ${key} of the cluster's store: ${wrong}`);
  return parsed as T;
}

/**
 * The same in the midst of others: one that cannot be read is nobody's, is told of, and keeps nothing from going on.
 * Without `onUnreadable` it is passed over where following the same keys tells of it already.
 */
export function readable<T extends object>(
  entry: Entry,
  onUnreadable: (error: unknown) => void = () => {},
): T | undefined {
  try {
    return read<T>(entry);
  } catch (error) {
    onUnreadable(error);
    return undefined;
  }
}
