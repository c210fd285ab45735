import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { LocalEndpoint } from "../contracts/cluster.ts";
import type { ClusterStore, Condition, Write } from "../contracts/cluster-store.ts";
import { keys } from "./keys.ts";
import type { Networks } from "./networks.ts";
import { type EndpointRecord, read } from "./records.ts";

export interface PublisherParts {
  readonly store: ClusterStore;
  readonly networks: Networks;
  readonly hostId: string;
  readonly epoch: () => number;
  readonly member: (what: string) => Condition;
  readonly connected: () => boolean;
  readonly log: Log;
}

/** Changes are gathered for so long, so that a burst of starts is one transaction. */
const gatherMs = 5;

interface Waiting {
  readonly networkId: string;
  /** Undefined: the key is to go. */
  readonly value: Omit<EndpointRecord, "epoch"> | undefined;
}

/**
 * Brings this host's endpoints into the store: what is wanted is kept, and written again and again until it is there. So an
 * endpoint that starts while the store is away is published when it comes back.
 */
export class Publisher {
  readonly #parts: PublisherParts;
  /** Key to what the store shall have there. */
  readonly #wanted = new Map<string, Omit<EndpointRecord, "epoch">>();
  readonly #waiting = new Map<string, Waiting>();
  #flushing: Promise<void> | undefined;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Fails with NETWORK_NOT_FOUND when a network is gone or going: then nothing of these endpoints is wanted any more. */
  async publish(endpoints: readonly LocalEndpoint[]): Promise<void> {
    const wanted = endpoints.flatMap((endpoint) => this.#records(endpoint));
    for (const { networkId, key, value } of wanted) {
      this.#wanted.set(key, value);
      this.#waiting.set(key, { networkId, value });
    }
    await this.flush();
    const refused = wanted.find(({ key }) => !this.#wanted.has(key));
    if (!refused) return;
    await this.withdraw(endpoints);
    throw new EngineError("NETWORK_NOT_FOUND", { network: this.#nameOf(refused.networkId) });
  }

  async withdraw(endpoints: readonly LocalEndpoint[]): Promise<void> {
    for (const { networkId, key } of endpoints.flatMap((endpoint) => this.#records(endpoint))) {
      this.#wanted.delete(key);
      this.#waiting.set(key, { networkId, value: undefined });
    }
    await this.flush();
  }

  /** After a join: what the store has of this host on these networks and nobody wants goes, what it lacks is written. */
  async compare(networkIds: Iterable<string>): Promise<void> {
    const { store, hostId } = this.#parts;
    for (const networkId of networkIds) {
      for (const entry of (await store.list(keys.endpointsOf(networkId))).entries) {
        const isOurs = read<EndpointRecord>(entry).host === hostId;
        if (isOurs && !this.#wanted.has(entry.key)) this.#waiting.set(entry.key, { networkId, value: undefined });
      }
    }
    for (const [key, value] of this.#wanted) this.#waiting.set(key, { networkId: value.networkId, value });
    await this.flush();
  }

  /** Writes what waits; resolves when it is written, or the store is away. */
  flush(): Promise<void> {
    if (!this.#parts.connected()) return Promise.resolve();
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    return this.#flushing;
  }

  async #flush(): Promise<void> {
    await delay(gatherMs);
    while (this.#waiting.size > 0 && this.#parts.connected()) {
      try {
        await this.#write(this.#batch());
      } catch (err) {
        this.#parts.log.warn({ err, waiting: this.#waiting.size }, "endpoints cannot be published yet");
        return;
      }
    }
  }

  /** As many changes as one transaction takes, with a condition for each network that something is published on. */
  #batch(): [string, Waiting][] {
    const room = this.#parts.store.limits.operations - 1;
    const networks = new Set<string>();
    const batch: [string, Waiting][] = [];
    for (const each of this.#waiting) {
      if (each[1].value) networks.add(each[1].networkId);
      if (batch.length + networks.size >= room) break;
      batch.push(each);
    }
    return batch;
  }

  async #write(batch: readonly [string, Waiting][]): Promise<void> {
    const { store, member, epoch } = this.#parts;
    const networks = new Set(batch.flatMap(([, { networkId, value }]) => (value ? [networkId] : [])));
    const conditions: Condition[] = [member("publish endpoints")];
    for (const id of networks) {
      const known = this.#parts.networks.get(id);
      if (!known || known.record.removing) return this.#refuse(id);
      conditions.push({ key: keys.network(id), revision: known.revision });
    }
    const writes = batch.map(
      ([key, { value }]): Write =>
        value ? { put: key, value: JSON.stringify({ ...value, epoch: epoch() }) } : { delete: key },
    );
    const result = await store.txn(conditions, writes);
    if (result.done)
      for (const [key, change] of batch) if (this.#waiting.get(key) === change) this.#waiting.delete(key);
    if (!result.done) await this.#lookAgain(networks);
  }

  /** A condition did not hold: a network was changed, or this host was taken out. */
  async #lookAgain(networkIds: ReadonlySet<string>): Promise<void> {
    for (const id of networkIds) {
      const entry = await this.#parts.store.get(keys.network(id));
      if (entry) this.#parts.networks.note(entry);
      else this.#parts.networks.forget(id);
    }
    if (!(await this.#parts.store.get(keys.host(this.#parts.hostId))))
      throw new Error("this host was taken out of the cluster; it joins again");
  }

  /** Nothing can be published on it: whoever asked is told, whoever started without the store is found by the engine. */
  #refuse(networkId: string): void {
    for (const [key, waiting] of this.#waiting) {
      if (waiting.networkId !== networkId || !waiting.value) continue;
      this.#waiting.delete(key);
      this.#wanted.delete(key);
    }
  }

  #records(endpoint: LocalEndpoint) {
    const { networkId, ipv4, ipv6 } = endpoint;
    const value = { ...endpoint, host: this.#parts.hostId };
    return [ipv4, ipv6].flatMap((address) =>
      address === undefined ? [] : [{ networkId, key: keys.endpoint(networkId, address), value }],
    );
  }

  #nameOf = (networkId: string): string => this.#parts.networks.get(networkId)?.record.network.name ?? networkId;
}
