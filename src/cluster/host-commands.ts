import { EngineError, type ErrorData } from "../base/errors.ts";
import type { ClusterHost } from "../contracts/cluster.ts";
import type { ClusterStore } from "../contracts/cluster-store.ts";
import type { HostsView } from "./hosts-view.ts";
import { keys } from "./keys.ts";
import { reclaimHost } from "./reclaim.ts";
import { type HostRecord, read } from "./records.ts";

const changed = "it has just changed; look again";

/** Takes a host that is gone for good out of the cluster; a live one is refused, for it would join again at once. */
export async function removeHost(store: ClusterStore, hosts: HostsView, reference: string): Promise<void> {
  const { id, name, state } = findHost(hosts, reference);
  const what = "remove";
  if (state === "live") {
    const why =
      'its daemon is there; drain it, end its containers and its daemon, and wait until "host ls" shows it as unknown';
    throw new EngineError("CLUSTER_HOST_REFUSED", { host: name, what, why });
  }
  const revision = hosts.entry(id)?.revision ?? 0;
  if (await during(`remove host ${name}`, () => reclaimHost(store, id, revision))) return;
  throw new EngineError("CLUSTER_HOST_REFUSED", { host: name, what, why: changed });
}

/** Writes down whether a host takes new endpoints. */
export async function drainHost(
  store: ClusterStore,
  hosts: HostsView,
  { reference, drained }: { reference: string; drained: boolean },
): Promise<void> {
  const { id, name } = findHost(hosts, reference);
  const key = keys.host(id);
  const done = await during(`drain host ${name}`, async () => {
    const entry = await store.get(key);
    const value = entry && JSON.stringify({ ...read<HostRecord>(entry), drained });
    return value && (await store.txn([{ key, revision: entry.revision }], [{ put: key, value }])).done;
  });
  if (done) return;
  throw new EngineError("CLUSTER_HOST_REFUSED", { host: name, what: "drain", why: changed });
}

/** Who drains a host is to read that it was not drained, not which key could not be read. */
async function during<T>(what: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    if (!(error instanceof EngineError) || error.code !== "STORE_AWAY") throw error;
    throw new EngineError("STORE_AWAY", { ...(error.data as ErrorData<"STORE_AWAY">), what }, { cause: error });
  }
}

/** By id, name, or unique id prefix. Throws CLUSTER_HOST_NOT_FOUND, or CLUSTER_HOST_REFUSED when several match. */
export function findHost(hosts: HostsView, reference: string): ClusterHost {
  const all = hosts.all();
  const exact = all.filter(({ id, name }) => id === reference || name === reference);
  const found = exact.length > 0 ? exact : all.filter(({ id }) => reference !== "" && id.startsWith(reference));
  if (found.length === 1 && found[0]) return found[0];
  if (found.length === 0)
    throw new EngineError("CLUSTER_HOST_NOT_FOUND", { host: reference, known: all.map(({ name }) => name) });
  const why = `${found.length} hosts match: ${found.map(({ id }) => id.slice(0, 12)).join(", ")}; use the id`;
  throw new EngineError("CLUSTER_HOST_REFUSED", { host: reference, what: "choose", why });
}
