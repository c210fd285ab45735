import type { Store } from "../contracts/store.ts";

/** What a host remembers of its membership, so that it can start while the cluster's store is away. */
export interface Membership {
  readonly epoch: number;
  /** Which cluster: the id that its store has; "embedded" on a host that is alone. */
  readonly cluster: string;
  /** Of this boot (/proc/sys/kernel/random/boot_id): the clock below starts anew with the next. */
  readonly boot: string;
  /** Milliseconds of CLOCK_MONOTONIC when the last answered keep-alive was sent. */
  readonly renewedAt: number;
}

/** What a host holds of a network's pools: first addresses of whole slots, and single addresses. */
export interface HeldSlots {
  readonly networkId: string;
  readonly whole: readonly string[];
  readonly singles: readonly string[];
  /** First addresses of slots of which only the store can tell whether it holds them. */
  readonly unsure?: readonly string[];
}

/** What a host that is alone has for the id of its cluster. */
export const embedded = "embedded";
const membershipId = "membership";
const homeId = "home";
const slotsId = (networkId: string) => `slots/${networkId}`;

/** The cluster's part of this host's own store. */
export class Journal {
  readonly #store: Store;

  constructor(store: Store) {
    this.#store = store;
  }

  get membership(): Membership | undefined {
    return this.#store.get<Membership>("journal", membershipId);
  }

  remember(membership: Membership): void {
    this.#store.commit([{ put: "journal", id: membershipId, value: membership }]);
  }

  /** The cluster that this host's networks are those of. Apart from the membership: a crash may come between. */
  get home(): string | undefined {
    return this.#store.get<{ home: string }>("journal", homeId)?.home;
  }

  settleIn(home: string): void {
    this.#store.commit([{ put: "journal", id: homeId, value: { home } }]);
  }

  get slots(): HeldSlots[] {
    return this.#store.all<HeldSlots | Membership>("journal").filter((each): each is HeldSlots => "networkId" in each);
  }

  keepSlots(held: HeldSlots): void {
    const id = slotsId(held.networkId);
    const none = held.whole.length + held.singles.length + (held.unsure?.length ?? 0) === 0;
    this.#store.commit([none ? { delete: "journal", id } : { put: "journal", id, value: held }]);
  }

  forgetSlots(networkId: string): void {
    this.#store.commit([{ delete: "journal", id: slotsId(networkId) }]);
  }
}
