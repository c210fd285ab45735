import type { Lease } from "../model/lease.ts";
import type { Deadline } from "./clock.ts";

/** What a client wants of a server. */
export interface Wish {
  readonly address: string | undefined;
  readonly exact: boolean;
}

/** "renew": the server that lent it; "rebind": any; "reboot": any, after the lease has ended. */
export type Renewal = "renew" | "rebind" | "reboot";

/** The two families' protocols, as far as the life of a lease is concerned. */
export interface Protocol {
  /** Asks until there is a lease, or the signal aborts. Throws OtherAddress when a wish that is exact is not granted. */
  obtain(wish: Wish, signal: AbortSignal): Promise<Lease>;
  /** Asks for more time. "refused": the address is not ours any more. Undefined: nobody answered until `end`. */
  renew(lease: Lease, how: Renewal, end: Deadline, signal: AbortSignal): Promise<Lease | "refused" | undefined>;
  /** Tells the server that the address is not used any more. */
  release(lease: Lease): void;
}

/** The server grants another address than the one that is wanted. */
export class OtherAddress extends Error {
  override readonly name = "OtherAddress";
}
