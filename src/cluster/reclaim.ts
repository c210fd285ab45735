import type { ClusterStore, Condition, Entry, Write } from "../contracts/cluster-store.ts";
import { keys } from "./keys.ts";
import { type EndpointRecord, read, type SlotRecord } from "./records.ts";

/**
 * Takes a host out of the cluster for good: its record first, which makes everything it has invalid at once, then its
 * slots and endpoints. `revision` is that of its record: false when it has changed, or the host lives, and nothing was
 * done. A crash on the way leaves slots of a host that is not there, which sweep() finds.
 */
export async function reclaimHost(store: ClusterStore, hostId: string, revision: number): Promise<boolean> {
  const conditions: Condition[] = [
    { key: keys.host(hostId), revision },
    { key: keys.liveOf(hostId), is: "absent" },
  ];
  return takeOut(store, hostId, conditions);
}

/** The same, by the host itself. */
export const leaveForGood = (store: ClusterStore, hostId: string, revision: number): Promise<boolean> =>
  takeOut(store, hostId, [{ key: keys.host(hostId), revision }]);

async function takeOut(store: ClusterStore, hostId: string, conditions: readonly Condition[]): Promise<boolean> {
  const result = await store.txn(conditions, [{ delete: keys.host(hostId) }]);
  if (!result.done) return false;
  await sweep(store, (id) => id === hostId);
  return true;
}

/** Frees slots and removes endpoints of hosts for which `isGone` says yes and that have no record. Returns how many. */
export async function sweep(store: ClusterStore, isGone: (hostId: string) => boolean): Promise<number> {
  // Endpoints first: an address is free when nothing in the store says that somebody has it.
  const endpoints = (await store.list("endpoints/")).entries.flatMap((entry): Change[] => {
    const { host } = read<EndpointRecord>(entry);
    return isGone(host) ? [{ entry, hosts: [host], write: { delete: entry.key } }] : [];
  });
  const slots = (await store.list("slots/")).entries.flatMap((entry) => freeSlot(entry, isGone));
  return (await carryOut(store, endpoints)) + (await carryOut(store, slots));
}

interface Change {
  readonly entry: Entry;
  /** That must have no record for the change to be right. */
  readonly hosts: readonly string[];
  readonly write: Write;
}

function freeSlot(entry: Entry, isGone: (hostId: string) => boolean): Change[] {
  const slot = read<SlotRecord>(entry);
  if ("host" in slot) return isGone(slot.host) ? [{ entry, hosts: [slot.host], write: { delete: entry.key } }] : [];
  const hosts = [...new Set(Object.values(slot.singles))].filter(isGone);
  if (hosts.length === 0) return [];
  const singles = Object.fromEntries(Object.entries(slot.singles).filter(([, host]) => !hosts.includes(host)));
  const none = Object.keys(singles).length === 0;
  const write: Write = none ? { delete: entry.key } : { put: entry.key, value: JSON.stringify({ singles }) };
  return [{ entry, hosts, write }];
}

/** In transactions as large as the store takes; what somebody else has changed meanwhile is tried without the rest. */
async function carryOut(store: ClusterStore, changes: readonly Change[]): Promise<number> {
  // A change is a write, a condition on its key and one on each host: mostly one and the same for all.
  const each = Math.max(1, Math.floor(store.limits.operations / 4));
  let done = 0;
  for (let at = 0; at < changes.length; at += each) {
    const batch = changes.slice(at, at + each);
    if (await together(store, batch)) done += batch.length;
    else for (const change of batch) if (await together(store, [change])) done += 1;
  }
  return done;
}

async function together(store: ClusterStore, changes: readonly Change[]): Promise<boolean> {
  const hosts = new Set(changes.flatMap((change) => change.hosts));
  const conditions: Condition[] = [
    ...changes.map(({ entry: { key, revision } }) => ({ key, revision })),
    ...[...hosts].map((id) => ({ key: keys.host(id), is: "absent" }) as const),
  ];
  if (conditions.length + changes.length > store.limits.operations) return false;
  return (
    await store.txn(
      conditions,
      changes.map(({ write }) => write),
    )
  ).done;
}
