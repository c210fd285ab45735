import type { Lease } from "../model/lease.ts";
import type { NetnsRef } from "./kernel.ts";

/** Who asks for an address, and on which link. */
export interface LeaseRequest {
  readonly endpointId: string;
  readonly family: 4 | 6;
  readonly netns: NetnsRef;
  readonly link: string;
  /** Told to the server, so that it can be found under a name. */
  readonly hostname: string;
  /** For errors and the log. */
  readonly container: string;
  readonly network: string;
  /** Address to ask for: the one it had, or the one the user wants. */
  readonly address?: string;
  /** The user wants that address or none. */
  readonly exact: boolean;
  /** Whether the LAN is asked for the address before it is used. */
  readonly detectDuplicates: boolean;
  /** How long a first answer may take. */
  readonly timeoutSeconds: number;
}

/** What becomes of a lease while it is kept. */
export type LeaseNews =
  /** Same address, more time; the rest may be new. */
  | { readonly kind: "renewed"; readonly lease: Lease }
  /** After a loss: an address again, the same or another. */
  | { readonly kind: "bound"; readonly lease: Lease }
  /** Nobody answers, but time is left. */
  | { readonly kind: "unanswered"; readonly lease: Lease }
  /** It ended, or the server took it back: the address must not be used any more. Asking goes on. */
  | { readonly kind: "lost"; readonly why: string };

export type OnLeaseNews = (news: LeaseNews) => void;

/**
 * DHCP clients, one for each endpoint and family. They speak on the link itself, so that neither addresses nor firewall
 * of the sandbox are in their way.
 */
export interface Dhcp {
  /**
   * Asks until there is a lease; it is kept from then on, and `onNews` hears of it. Throws EngineError LEASE_NOT_GOT:
   * nobody answered in time, or the address wanted is not to be had. On failure nothing goes on.
   */
  acquire(request: LeaseRequest, onNews: OnLeaseNews): Promise<Lease>;
  /** Goes on with a lease that an earlier process got; without one, asks until there is one, however long it takes. */
  resume(request: LeaseRequest, lease: Lease | undefined, onNews: OnLeaseNews): void;
  /** Gives the leases of an endpoint back and ends the clients. Best effort: a lease that is not given back runs out. */
  release(endpointId: string): void;
  /** Ends all clients; leases are kept. */
  close(): void;
}
