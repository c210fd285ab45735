import type { ClusterStore, Condition, Entry, Write } from "../contracts/cluster-store.ts";
import { keys } from "./keys.ts";
import { type EndpointRecord, read, type SlotRecord } from "./records.ts";

/**
 * Takes a host out of the cluster for good: its record first, which makes everything it has invalid at once, then its
 * slots and endpoints. `revision` is that of its record: false when it has changed, and nothing was done. A crash on the
 * way leaves slots of a host that is not there, which sweep() finds.
 */
export async function reclaimHost(store: ClusterStore, hostId: string, revision: number): Promise<boolean> {
  const result = await store.txn([{ key: keys.host(hostId), revision }], [{ delete: keys.host(hostId) }]);
  if (!result.done) return false;
  await sweep(store, (id) => id === hostId);
  return true;
}

/** Frees slots and removes endpoints of hosts for which `isGone` says yes and that have no record. Returns how many. */
export async function sweep(store: ClusterStore, isGone: (hostId: string) => boolean): Promise<number> {
  const slots = (await store.list("slots/")).entries.flatMap((entry) => freeSlot(entry, isGone));
  const endpoints = (await store.list("endpoints/")).entries.flatMap((entry): Change[] => {
    const { host } = read<EndpointRecord>(entry);
    return isGone(host) ? [{ entry, hosts: [host], write: { delete: entry.key } }] : [];
  });
  let done = 0;
  for (const change of [...slots, ...endpoints]) if (await carryOut(store, change)) done += 1;
  return done;
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

/** One at a time: a removal is rare, and other writers must get their turn. */
async function carryOut(store: ClusterStore, { entry, hosts, write }: Change): Promise<boolean> {
  const conditions: Condition[] = [
    { key: entry.key, revision: entry.revision },
    ...hosts.map((id) => ({ key: keys.host(id), is: "absent" }) as const),
  ];
  return (await store.txn(conditions, [write])).done;
}
