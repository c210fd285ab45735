import { EngineError } from "../base/errors.ts";
import type { ClusterStore, Condition, Lease, News } from "../contracts/cluster-store.ts";
import type { HeldNetwork } from "./held-network.ts";
import type { Holdings } from "./holdings.ts";
import { keys } from "./keys.ts";
import type { WishRecord } from "./records.ts";

/** How long the holders of whole slots have to let an address go. */
const patienceMs = 3_000;

export interface WishParts {
  readonly store: ClusterStore;
  readonly hostId: string;
  readonly member: (what: string) => Condition;
  /** A wish goes with the host's sign of life. */
  readonly lease: () => Lease | undefined;
  /** Keys of wishes that are waited for. Others of this host's are left over, and go when they are heard of. */
  readonly wishing: Set<string>;
}

/**
 * Asks the hosts that hold whole slots to let addresses go, and tries again at each change until the attempt succeeds.
 * False: nobody let go in time. `slot`: only that one will do.
 */
export async function wishFor(
  parts: WishParts,
  { network }: HeldNetwork,
  { slots: { family } }: Holdings,
  { slot, attempt }: { slot?: bigint; attempt: () => Promise<boolean> },
): Promise<boolean> {
  const { store, hostId, wishing } = parts;
  const key = keys.wish(network.id, family, hostId);
  const wish: WishRecord = { host: hostId, ...(slot === undefined ? {} : { slot: slot.toString(16) }) };
  const end = new AbortController();
  wishing.add(key);
  try {
    await makeWish(parts, network.id, key, wish);
    const next = changesOf(store, keys.slotsOf(network.id, family), end.signal);
    const deadline = performance.now() + patienceMs;
    while (await next(deadline - performance.now())) if (await attempt()) return true;
    return false;
  } finally {
    end.abort();
    wishing.delete(key);
    await dropWish(store, key);
  }
}

async function makeWish(parts: WishParts, networkId: string, key: string, wish: WishRecord): Promise<void> {
  const lease = parts.lease();
  const put = { put: key, value: JSON.stringify(wish), ...(lease ? { lease } : {}) };
  const conditions: Condition[] = [
    parts.member("ask other hosts for an address"),
    { key: keys.network(networkId), is: "present" },
  ];
  await parts.store.txn(conditions, [put]);
}

/** One that stays because the store is away goes with the lease, or when this host has joined again. */
export async function dropWish(store: ClusterStore, key: string): Promise<void> {
  await store.txn([], [{ delete: key }]).catch((error: unknown) => {
    if (!(error instanceof EngineError)) throw error;
  });
}

/** A function that resolves to true with the next change below a prefix, to false when none comes in time. */
function changesOf(store: ClusterStore, prefix: string, signal: AbortSignal): (patience: number) => Promise<boolean> {
  let heard = Promise.withResolvers<void>();
  const onNews = ({ kind }: News) => {
    if (kind === "changes" || kind === "snapshot") heard.resolve();
  };
  store.follow(prefix, onNews, signal);
  return async (patience) => {
    const { promise: late, resolve } = Promise.withResolvers<"late">();
    const timer = setTimeout(resolve, Math.max(0, patience), "late");
    const first = await Promise.race([heard.promise, late]);
    clearTimeout(timer);
    if (first === undefined) heard = Promise.withResolvers<void>();
    return first !== "late";
  };
}
