import type { Pool } from "../model/network.ts";

export interface PoolRequest {
  readonly family: 4 | 6;
  /** As the user gave it; a free subnet of the default pools when absent. */
  readonly subnet?: string;
  readonly range?: string;
  readonly gateway?: string;
  readonly aux: Readonly<Record<string, string>>;
  /** False for networks without a gateway address (gateway mode isolated). */
  readonly wantsGateway: boolean;
}

/**
 * Address management, in memory and synchronous; the engine persists networks and endpoints, and hands everything back
 * with adopt() at start. All throw EngineError (SUBNET_OVERLAPS, POOLS_EXHAUSTED, ADDRESS_TAKEN, ...).
 */
export interface Ipam {
  /** Completes and reserves one pool. `inTheWay`: CIDRs of host routes that a default subnet must not overlap, with names. */
  addPool(networkId: string, request: PoolRequest, inTheWay: readonly { cidr: string; name: string }[]): Pool;
  /** Throws as addPool() would for a request that can never be granted, whatever is taken. */
  checkPool(request: PoolRequest): void;
  /** Forgets every pool and address of a network. Idempotent. */
  removeNetwork(networkId: string): void;
  /** Takes pools as they are in the store, at start. */
  adoptPool(networkId: string, pool: Pool): void;
  /**
   * Reserves an address for `owner` ("container web"): the wanted one, or the next free one. Returns CIDR text.
   * Addresses are handed out in turn, so that a freed one rests before it is used again.
   */
  reserve(networkId: string, request: { family: 4 | 6; address?: string; owner: string }): string;
  /** Idempotent. Takes an address with or without prefix length. */
  release(networkId: string, address: string): void;
  /** Per pool: addresses in use and dynamic ones left, as strings of decimal digits (IPv6 counts are large). */
  usage(networkId: string): { subnet: string; inUse: bigint; available: bigint }[];
}
