import { setTimeout as delay } from "node:timers/promises";
import { EngineError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { LocalEndpoint } from "../contracts/cluster.ts";
import type { ClusterStore, Condition, Entry, Write } from "../contracts/cluster-store.ts";
import { keys, leaf } from "./keys.ts";
import type { Networks } from "./networks.ts";
import { type EndpointRecord, read } from "./records.ts";

export interface PublisherParts {
  readonly store: ClusterStore;
  readonly networks: Networks;
  readonly hostId: string;
  readonly epoch: () => number;
  readonly member: (what: string) => Condition;
  /** Whether endpoints may be written now: this host has joined, and knows which addresses are its own. */
  readonly ready: () => boolean;
  /** Resolves when it is, or at once when that is not to be expected soon. */
  readonly whenReady: () => Promise<void>;
  readonly owns: (networkId: string, address: string) => boolean;
  /** Whether it has been in use since before this host's daemon started. */
  readonly isAdopted: (networkId: string, address: string) => boolean;
  /** After a condition on network or member did not hold: takes over what is. */
  readonly lookAgain: (networkIds: Iterable<string>) => Promise<void>;
  /** Something that waited has been written. */
  readonly onWritten: () => void;
  readonly log: Log;
}

/** Changes are gathered for so long, so that a burst of starts is one transaction. */
const gatherMs = 5;

interface Waiting {
  readonly networkId: string;
  /** Undefined: the key is to go. */
  readonly value: Omit<EndpointRecord, "epoch"> | undefined;
  /** New, and somebody waits for it to be published, and can be told that it is not to be. */
  readonly fresh: boolean;
}

interface Wanted {
  readonly networkId: string;
  readonly key: string;
  readonly value: Omit<EndpointRecord, "epoch">;
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
  /** Not to be had, which whoever waits for it has yet to be told. */
  readonly #refused = new Set<object>();
  #flushing: Promise<void> | undefined;

  constructor(parts: PublisherParts) {
    this.#parts = parts;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** Fails with NETWORK_NOT_FOUND when a network is gone or going: then nothing of the endpoints on it is wanted any more. */
  async publish(endpoints: readonly LocalEndpoint[]): Promise<void> {
    const wanted = endpoints.flatMap((endpoint) => this.#records(endpoint));
    for (const { networkId, key, value } of wanted) {
      const fresh = !this.#wanted.has(key) && !this.#parts.isAdopted(networkId, leaf(key));
      this.#wanted.set(key, value);
      this.#waiting.set(key, { networkId, value, fresh });
    }
    if (!this.#parts.ready()) await this.#parts.whenReady();
    await this.flush();
    for (const { networkId, key, value } of wanted) {
      const isWaiting = this.#waiting.get(key)?.value === value;
      if (isWaiting) this.#waiting.set(key, { networkId, value, fresh: false }); // nobody waits for it any more
    }
    const refused = new Set<string>();
    for (const each of wanted) if (this.#refused.delete(each.value)) refused.add(each.networkId);
    const [first] = refused;
    if (first === undefined) return;
    // Those on other networks stay: a host that starts publishes all of its own at once.
    await this.withdraw(endpoints.filter(({ networkId }) => refused.has(networkId)));
    throw new EngineError("NETWORK_NOT_FOUND", { network: this.#nameOf(first) });
  }

  async withdraw(endpoints: readonly LocalEndpoint[]): Promise<void> {
    for (const { networkId, key } of endpoints.flatMap((endpoint) => this.#records(endpoint))) {
      this.#wanted.delete(key);
      this.#waiting.set(key, { networkId, value: undefined, fresh: false });
    }
    await this.flush();
  }

  /** Whether the store has, or may still get, an endpoint of this host's with the address. */
  has(networkId: string, address: string): boolean {
    const key = keys.endpoint(networkId, address);
    return this.#wanted.has(key) || this.#waiting.has(key);
  }

  /**
   * After a join: what the store has of this host on these networks and nobody wants goes, what it lacks is written. False:
   * not all of it could be done now.
   */
  async compare(networkIds: Iterable<string>): Promise<boolean> {
    const { store, hostId } = this.#parts;
    const found = new Map<string, EndpointRecord>();
    for (const networkId of networkIds) {
      for (const entry of (await store.list(keys.endpointsOf(networkId))).entries) {
        const record = read<EndpointRecord>(entry);
        if (record.host !== hostId) continue;
        found.set(entry.key, record);
        if (this.#isStray(entry.key, networkId)) await this.#drop(entry);
      }
    }
    for (const [key, value] of this.#wanted) {
      const isThere = JSON.stringify(found.get(key)) === JSON.stringify(this.#record(value));
      if (!isThere && !this.#waiting.has(key))
        this.#waiting.set(key, { networkId: value.networkId, value, fresh: false });
    }
    await this.flush();
    return ![...this.#waiting.values()].some(({ value }) => value === undefined);
  }

  /** What is wanted, or on its way out, but at an address that has been lost, is somebody else's key. */
  #isStray(key: string, networkId: string): boolean {
    return !this.#parts.owns(networkId, leaf(key)) || !(this.#wanted.has(key) || this.#waiting.has(key));
  }

  /** Only as it was read: whose the address is now may have it in the store already. */
  async #drop({ key, revision }: Entry): Promise<void> {
    await this.#parts.store.txn([this.#parts.member("withdraw endpoints"), { key, revision }], [{ delete: key }]);
  }

  /** Writes what waits; resolves when it is written, or the store is away. */
  async flush(): Promise<void> {
    if (this.#waiting.size === 0 || !this.#parts.ready()) return;
    this.#flushing ??= this.#flush().finally(() => {
      this.#flushing = undefined;
    });
    await this.#flushing;
  }

  async #flush(): Promise<void> {
    await delay(gatherMs);
    for (let batch = this.#batch(); batch.length > 0 && this.#parts.ready(); batch = this.#batch()) {
      try {
        await this.#write(batch);
      } catch (err) {
        this.#parts.log.warn({ err, waiting: this.#waiting.size }, "endpoints cannot be published yet");
        return;
      }
    }
    this.#parts.onWritten();
  }

  /** As many changes as one transaction takes, with a condition for each network that something is published on. */
  #batch(): [string, Waiting][] {
    const room = this.#parts.store.limits.operations - 1;
    const networks = new Set<string>();
    const batch: [string, Waiting][] = [];
    for (const [key, change] of this.#waiting) {
      if (!this.#isDue(key, change)) continue;
      if (change.value) networks.add(change.networkId);
      if (batch.length + networks.size >= room) break;
      batch.push([key, change]);
    }
    return batch;
  }

  /**
   * What cannot be written is taken out on the way. While somebody removes a network, what is on it already waits: the
   * removal is taken back then.
   */
  #isDue(key: string, change: Waiting): boolean {
    const { networkId, value } = change;
    const known = this.#parts.networks.get(networkId);
    const removing = known?.record.removing !== undefined;
    if (value && (!known || (removing && change.fresh))) {
      this.#refuse(networkId, known !== undefined);
      return false;
    }
    // A lost address: what the store has there is its owner's affair. The engine is told, and lets go of it.
    const isOurs = this.#parts.owns(networkId, leaf(key));
    if (!isOurs && !value) this.#waiting.delete(key);
    return isOurs && !(value && removing);
  }

  async #write(batch: readonly [string, Waiting][]): Promise<void> {
    const { store, member, networks } = this.#parts;
    const conditions: Condition[] = [member("publish endpoints")];
    const ids = new Set(batch.flatMap(([, { networkId, value }]) => (value ? [networkId] : [])));
    for (const id of ids) conditions.push({ key: keys.network(id), revision: networks.get(id)?.revision ?? 0 });
    const writes = batch.map(
      ([key, { value }]): Write => (value ? { put: key, value: JSON.stringify(this.#record(value)) } : { delete: key }),
    );
    const result = await store.txn(conditions, writes);
    if (!result.done) return this.#parts.lookAgain(ids);
    for (const [key, change] of batch) if (this.#waiting.get(key) === change) this.#waiting.delete(key);
  }

  #record = (value: Omit<EndpointRecord, "epoch">): EndpointRecord => ({ ...value, epoch: this.#parts.epoch() });

  /** Nothing can be published on it: whoever asked is told, whoever started without the store is found by the engine. */
  #refuse(networkId: string, freshOnly: boolean): void {
    for (const [key, waiting] of this.#waiting) {
      if (waiting.networkId !== networkId || !waiting.value || (freshOnly && !waiting.fresh)) continue;
      if (waiting.fresh) this.#refused.add(waiting.value);
      this.#waiting.delete(key);
      this.#wanted.delete(key);
    }
  }

  #records(endpoint: LocalEndpoint): Wanted[] {
    const { networkId, ipv4, ipv6 } = endpoint;
    const value = { ...endpoint, host: this.#parts.hostId };
    return [ipv4, ipv6].flatMap((address) =>
      address === undefined ? [] : [{ networkId, key: keys.endpoint(networkId, address), value }],
    );
  }

  #nameOf = (networkId: string): string => this.#parts.networks.get(networkId)?.record.network.name ?? networkId;
}
