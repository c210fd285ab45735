import type { ClusterStore, Condition, News } from "../contracts/cluster-store.ts";
import type { HeldNetwork } from "./held-network.ts";
import type { Holdings } from "./holdings.ts";
import { keys } from "./keys.ts";
import type { WishRecord } from "./records.ts";

/** How long the holders of whole slots have to let an address go. */
const patienceMs = 3_000;

/**
 * Asks the hosts that hold whole slots to let addresses go, and tries again at each change until the attempt succeeds.
 * False: nobody let go in time. `slot`: only that one will do.
 */
export async function wishFor(
  parts: { store: ClusterStore; hostId: string; member: (what: string) => Condition },
  { network }: HeldNetwork,
  { slots: { family } }: Holdings,
  { slot, attempt }: { slot?: bigint; attempt: () => Promise<boolean> },
): Promise<boolean> {
  const { store, hostId, member } = parts;
  const key = keys.wish(network.id, family, hostId);
  const wish: WishRecord = { host: hostId, ...(slot === undefined ? {} : { slot: slot.toString(16) }) };
  await store.txn([member("ask other hosts for an address")], [{ put: key, value: JSON.stringify(wish) }]);
  const end = new AbortController();
  try {
    const next = changesOf(store, keys.slotsOf(network.id, family), end.signal);
    const deadline = performance.now() + patienceMs;
    while (await next(deadline - performance.now())) if (await attempt()) return true;
    return false;
  } finally {
    end.abort();
    await store.txn([], [{ delete: key }]);
  }
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
