import type { Log } from "../base/log.ts";
import type { ClusterStore } from "../contracts/cluster-store.ts";
import type { Addresses } from "./addresses.ts";
import { keys } from "./keys.ts";
import type { Member } from "./member.ts";
import type { Networks } from "./networks.ts";
import type { Publisher } from "./publisher.ts";
import { finishReclaims } from "./reclaim.ts";
import type { Standing } from "./standing.ts";
import type { WishDesk } from "./wish-desk.ts";

interface SettlingParts {
  readonly store: ClusterStore;
  readonly member: Member;
  readonly networks: Networks;
  readonly addresses: Addresses;
  readonly publisher: Publisher;
  readonly wishes: WishDesk;
  readonly standing: Standing;
  readonly used: () => Iterable<string>;
  /** Before the first comparison. */
  readonly begin: () => Promise<void>;
  /** This host knows now which addresses are its own. */
  readonly onCompared: () => void;
  readonly log: Log;
}

/**
 * After a join, and after the store was away, this host and the store are brought in step: first which addresses are this
 * host's, then its endpoints. Only then it gives anything away. At last what others have left half-done is finished.
 */
export class Settling {
  readonly #parts: SettlingParts;
  #last: Promise<void> = Promise.resolve();
  #isDue = false;
  /** It was taken out, and has not yet looked at all that it left. */
  #anew = false;
  #finished = false;

  constructor(parts: SettlingParts) {
    this.#parts = parts;
  }

  /** Resolves at the end of what is under way. Never rejects. */
  get last(): Promise<void> {
    return this.#last;
  }

  /** False: something failed and has to be tried again. */
  get finished(): boolean {
    return this.#finished && this.#parts.standing.settled;
  }

  /** One after the other, so that a later one finds what the earlier left. */
  soon(anew = false): void {
    this.#anew ||= anew;
    if (this.#isDue) return;
    this.#isDue = true;
    this.#last = this.#last.then(async () => {
      this.#isDue = false;
      await this.#settle().catch((err: unknown) =>
        this.#parts.log.warn({ err }, "cannot compare with the cluster's store yet; it is tried again"),
      );
    });
  }

  async #settle(): Promise<void> {
    const { store, member, addresses, standing, wishes, log } = this.#parts;
    this.#finished = false;
    await this.#parts.begin();
    if (this.#anew) log.warn({}, "this host was taken out of the cluster meanwhile: it claims its addresses again");
    const removal = await store.get(keys.removedHost(member.self.id));
    await addresses.compareAll();
    standing.noteCompared();
    this.#parts.onCompared();
    if (!(await this.#compareEndpoints(removal !== undefined)) || !member.joined) return;
    standing.noteSettled();
    wishes.grant();
    addresses.wake();
    if (removal) await store.txn([member.condition("settle")], [{ delete: removal.key }]);
    this.#anew = false;
    await finishReclaims(store);
    await wishes.dropStrays();
    this.#finished = true;
  }

  /** Whoever was taken out may have left things on any network. */
  #compareEndpoints(everywhere: boolean): Promise<boolean> {
    const { networks, addresses, publisher, used } = this.#parts;
    const all = everywhere ? networks.all().map(({ id }) => id) : [];
    return publisher.compare(new Set([...all, ...addresses.held, ...used()]));
  }
}
