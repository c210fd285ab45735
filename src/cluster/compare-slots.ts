import { EngineError } from "../base/errors.ts";
import { ipOf } from "../base/ip.ts";
import type { Entry } from "../contracts/cluster-store.ts";
import { addressText, type HeldNetwork } from "./held-network.ts";
import type { Holdings } from "./holdings.ts";
import { read, readable, type SlotRecord } from "./records.ts";
import type { SlotClaims } from "./slot-claims.ts";

/**
 * The store's word on what this host holds of a network: what it has and the journal does not is taken over (a crash came
 * between), addresses in use that are nobody's are claimed again, those that are somebody else's are noted as lost.
 */
export async function compareSlots(claims: SlotClaims, held: HeldNetwork, hostId: string): Promise<void> {
  for (const pool of held.pools) {
    const entries = await claims.list(held, pool);
    for (const [slot, entry] of entries) if (isOf(pool, slot)) takeOver(pool, slot, entry, hostId);
    const parts = [...pool.whole, ...[...pool.singles, ...pool.used.keys()].map(pool.slots.slotOf)];
    pool.unsure.clear();
    for (const slot of new Set(parts)) await settle(claims, held, pool, { slot, entry: entries.get(slot), hostId });
  }
  held.keep();
  held.compared = true;
}

/** Pools of one family share a prefix in the store. */
const isOf = (pool: Holdings, slot: bigint): boolean => pool.slots.addressesOf(slot, true).length > 0;

function takeOver(pool: Holdings, slot: bigint, entry: Entry, hostId: string): void {
  const record = readable<SlotRecord>(entry);
  if (!record) return;
  if ("host" in record) {
    if (record.host === hostId) pool.whole.add(slot);
    return;
  }
  for (const [address, host] of Object.entries(record.singles)) {
    if (host === hostId) pool.singles.add(ipOf(address).value);
  }
}

/** One slot that this host thinks it has a part in. */
async function settle(
  claims: SlotClaims,
  held: HeldNetwork,
  pool: Holdings,
  { slot, entry, hostId }: { slot: bigint; entry: Entry | undefined; hostId: string },
): Promise<void> {
  const record = entry && read<SlotRecord>(entry);
  const isWhole = record !== undefined && "host" in record && record.host === hostId;
  const singles = record && "singles" in record ? record.singles : {};
  for (const value of pool.singles) {
    if (pool.slots.slotOf(value) === slot && singles[addressText(pool, value)] !== hostId) pool.singles.delete(value);
  }
  if (isWhole) return;
  pool.whole.delete(slot);
  for (const value of pool.usedIn(slot)) {
    if (pool.singles.has(value) || (await claimAgain(claims, held, pool, value))) continue;
    pool.lost.add(value);
    held.lost.push(addressText(pool, value));
  }
}

async function claimAgain(claims: SlotClaims, held: HeldNetwork, pool: Holdings, value: bigint): Promise<boolean> {
  try {
    return await claims.takeSingle(held, pool, value);
  } catch (error) {
    if (error instanceof EngineError && error.code === "ADDRESS_TAKEN") return false;
    throw error;
  }
}
