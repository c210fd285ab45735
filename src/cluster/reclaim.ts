import type { ClusterStore, Condition, Entry, Write } from "../contracts/cluster-store.ts";
import { keys, leaf } from "./keys.ts";
import { type EndpointRecord, readable, type SlotRecord } from "./records.ts";

/**
 * Takes a host out of the cluster for good: its record first, which makes everything it has invalid at once, then its
 * slots and endpoints. `revision` is that of its record: false when it has changed, or the host lives, and nothing was
 * done. What a crash on the way leaves is written down, for finishReclaims().
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
  const writes: Write[] = [{ delete: keys.host(hostId) }, { put: keys.removedHost(hostId), value: "{}" }];
  if (!(await store.txn(conditions, writes)).done) return false;
  await finishReclaims(store);
  return true;
}

/**
 * Frees what hosts that were taken out have left. A host that has come back looks after that itself, and takes the note of
 * it away when it is done.
 */
export async function finishReclaims(store: ClusterStore): Promise<void> {
  for (;;) {
    const noted = (await store.list(keys.removed)).entries.map(({ key }) => leaf(key));
    const present = noted.length === 0 ? [] : (await store.list(keys.hosts)).entries.map(({ key }) => leaf(key));
    const gone = new Set(noted.filter((id) => !present.includes(id)));
    if (gone.size === 0) return;
    if ((await leftOf(store, (id) => gone.has(id))) > 0) continue; // somebody else may have been in the way
    for (const id of gone) await store.txn([{ key: keys.host(id), is: "absent" }], [{ delete: keys.removedHost(id) }]);
  }
}

/** Frees slots and removes endpoints of hosts for which `isGone` says yes and that have no record. Returns how many. */
export async function sweep(store: ClusterStore, isGone: (hostId: string) => boolean): Promise<number> {
  let done = 0;
  for (const changes of await changesFor(store, isGone)) done += await carryOut(store, changes);
  return done;
}

/** The same; returns how much there was to do. */
async function leftOf(store: ClusterStore, isGone: (hostId: string) => boolean): Promise<number> {
  const all = await changesFor(store, isGone);
  for (const changes of all) await carryOut(store, changes);
  return all.flat().length;
}

/** Endpoints first: an address is free when nothing in the store says that somebody has it. */
async function changesFor(store: ClusterStore, isGone: (hostId: string) => boolean): Promise<Change[][]> {
  const endpoints = (await store.list("endpoints/")).entries.flatMap((entry): Change[] => {
    const host = readable<EndpointRecord>(entry)?.host;
    return host !== undefined && isGone(host) ? [{ entry, hosts: [host], write: { delete: entry.key } }] : [];
  });
  return [endpoints, (await store.list("slots/")).entries.flatMap((entry) => freeSlot(entry, isGone))];
}

interface Change {
  readonly entry: Entry;
  /** That must have no record for the change to be right. */
  readonly hosts: readonly string[];
  readonly write: Write;
}

function freeSlot(entry: Entry, isGone: (hostId: string) => boolean): Change[] {
  const slot = readable<SlotRecord>(entry);
  if (!slot) return [];
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
