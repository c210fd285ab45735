import type { Log } from "../base/log.ts";
import type { ClusterStore } from "../contracts/cluster-store.ts";
import type { Journal } from "./journal.ts";
import type { Self } from "./member.ts";
import type { VniRange } from "./networks.ts";

/** What a cluster on a store is made of. */
export interface ClusterOptions {
  readonly store: ClusterStore;
  /** Its address without credentials, for messages and as the cluster's identity in the journal. */
  readonly storeName: string;
  readonly journal: Journal;
  readonly self: Self;
  /** Link that has the VTEP, and the UDP port of VXLAN. */
  readonly device: string;
  readonly port: number;
  readonly vnis: VniRange;
  readonly leaseSeconds: number;
  readonly graceSeconds: number;
  readonly boot: string;
  readonly log: Log;
}
