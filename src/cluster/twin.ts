import { EngineError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { ClusterStore } from "../contracts/cluster-store.ts";
import { keys } from "./keys.ts";
import { reclaimHost } from "./reclaim.ts";
import { type HostRecord, readable } from "./records.ts";

interface TwinParts {
  readonly store: ClusterStore;
  readonly log: Log;
  readonly self: { readonly id: string; readonly vtep: string };
  readonly leaseSeconds: number;
  /** Nobody waits any more. */
  readonly stopped: AbortSignal;
}

/**
 * Another host at our VTEP: a live one keeps us out (INVALID); one that is not is this machine before it was wiped, and
 * goes. A record that cannot be read is nobody's, and keeps nobody out.
 */
export async function refuseOrReplaceTwin(parts: TwinParts): Promise<void> {
  const { store, log, self } = parts;
  if (self.vtep === "") return;
  const { entries } = await store.list(keys.hosts);
  for (const entry of entries) {
    const other = readable<HostRecord>(entry, (err) => log.error({ err }, "a record of the cluster is left out"));
    if (!other || other.id === self.id || other.vtep !== self.vtep) continue;
    if (!(await outlives(parts, other.id))) {
      const why = `${self.vtep} is the address of host ${other.name} (${other.id.slice(0, 12)}), which is live; give this host another one`;
      throw new EngineError("INVALID", { what: "--advertise", why });
    }
    log.warn(
      { host: other.name, id: other.id },
      "another host had this address before: it is taken out of the cluster",
    );
    if (!(await reclaimHost(store, other.id, entry.revision))) return refuseOrReplaceTwin(parts); // it has changed
  }
}

/** Whether a host's lease ends while ours would last: a daemon that was killed leaves one behind for as long. Fails like the store. */
async function outlives({ store, leaseSeconds, stopped }: TwinParts, hostId: string): Promise<boolean> {
  const end = new AbortController();
  const { promise, resolve, reject } = Promise.withResolvers<boolean>();
  const timer = setTimeout(resolve, leaseSeconds * 1500, false);
  const onNews = async () => {
    if (!(await store.get(keys.liveOf(hostId)))) resolve(true);
  };
  const stop = () => reject(new Error("this host stops"));
  stopped.addEventListener("abort", stop, { once: true, signal: end.signal });
  store.follow(keys.liveOf(hostId), () => void onNews().catch(reject), end.signal);
  try {
    return await promise;
  } finally {
    end.abort();
    clearTimeout(timer);
  }
}
