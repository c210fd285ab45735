import { silentLog } from "../../src/base/log.ts";
import { StoreCluster } from "../../src/cluster/cluster.ts";
import { openEtcdStore } from "../../src/cluster/etcd/store.ts";
import { Journal } from "../../src/cluster/journal.ts";
import { keys } from "../../src/cluster/keys.ts";
import type { HostRecord } from "../../src/cluster/records.ts";
import type { ClusterListener, LocalEndpoint, RemoteChange } from "../../src/contracts/cluster.ts";
import type { ClusterStore, StoreAddress } from "../../src/contracts/cluster-store.ts";
import type { RecordKind, Store } from "../../src/contracts/store.ts";
import type { Network } from "../../src/model/network.ts";

/** Where the bench's etcd listens, in a network namespace of its own. */
export const endpoint = "127.0.0.1:2379";
export const storeAddress: StoreAddress = { kind: "etcd", endpoints: [endpoint], prefix: "bench" };

/** CLOCK_MONOTONIC, which all processes of a machine share. */
export const nowMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** An id like the engine's: 64 hexadecimal digits. */
export const idOf = (number: number): string => number.toString(16).padStart(64, "0");

const byte = (value: number) => (value & 255).toString(16).padStart(2, "0");

/** Endpoint of that number on a network: 10.64.0.0/10 and its MAC. */
export const endpointOf = (networkId: string, number: number): LocalEndpoint => ({
  networkId,
  endpointId: idOf(number),
  containerId: idOf(number),
  container: `container${number}`,
  names: [`container${number}`, idOf(number).slice(-12)],
  mac: `02:42:${byte(number >> 24)}:${byte(number >> 16)}:${byte(number >> 8)}:${byte(number)}`,
  ipv4: `10.${64 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`,
});

/** VTEP of the host of that number. */
export const vtepOf = (number: number): string => `198.18.${number >> 8}.${number & 255}`;

/** The overlay that is measured, as the engine drafts it. */
export const measured: Network = {
  id: idOf(1),
  ...{ name: "measured", driver: "overlay", scope: "global", created: "2026-01-01T00:00:00Z", internal: false },
  ...{ attachable: true, ipv4: true, ipv6: false, ipamDriver: "default", ipamOptions: {}, userSubnets: true },
  ...{ options: {}, labels: {}, mtu: 1450, configOnly: false, builtIn: false },
  pools: [{ subnet: "10.64.0.0/10", gateway: "10.64.0.1", aux: {} }],
};

/** What a host keeps in its own store, in memory: 1,000 files on one disk would say nothing about 1,000 hosts. */
class MemoryStore implements Store {
  readonly #records = new Map<string, unknown>();

  all<T>(kind: RecordKind): T[] {
    return [...this.#records].flatMap(([key, value]) => (key.startsWith(`${kind}/`) ? [value as T] : []));
  }

  get<T>(kind: RecordKind, id: string): T | undefined {
    return this.#records.get(`${kind}/${id}`) as T | undefined;
  }

  commit: Store["commit"] = (changes) => {
    for (const change of changes) {
      if ("put" in change) this.#records.set(`${change.put}/${change.id}`, change.value);
      else this.#records.delete(`${change.delete}/${change.id}`);
    }
  };

  close(): void {}
}

/** Six times the daemon's: a process that many hosts share stands still for seconds on a busy machine, a daemon does not. */
const leaseSeconds = 60;

/** Id of the bench's cluster. */
export const clusterId = "bench";

/** What the store has of the host of that number. */
export const recordOf = (number: number): HostRecord => ({
  ...{ id: idOf(number), name: `host${number}`, epoch: 1, vtep: vtepOf(number), mtu: 1500 },
  ...{ created: "2026-01-01T00:00:00Z", drained: false },
});

/** A host that has been a member before: its record is in the store, and joining is to bring its lease. */
function journalOf(number: number): Journal {
  const journal = new Journal(new MemoryStore());
  journal.remember({ epoch: recordOf(number).epoch, cluster: clusterId, boot: "boot", renewedAt: nowMs() });
  journal.settleIn(clusterId);
  return journal;
}

interface HostOptions {
  readonly onRemotes?: (networkId: string, change: RemoteChange) => void;
  readonly store?: ClusterStore;
  /** Has its record in the store already. */
  readonly isKnown?: boolean;
  /** Follows the others' leases only then. */
  readonly followLive?: Promise<void>;
}

/** A store whose news of leases are held back: 1,000 hosts that join would be told a million times of each other. */
function holding(store: ClusterStore, until: Promise<void>): ClusterStore {
  const follow: ClusterStore["follow"] = (prefix, onNews, signal) => {
    if (prefix === keys.live) void until.then(() => store.follow(prefix, onNews, signal));
    else store.follow(prefix, onNews, signal);
  };
  return withFollow(store, follow);
}

/** A store that is followed in another way. */
export function withFollow(store: ClusterStore, follow: ClusterStore["follow"]): ClusterStore {
  const bound = (key: string | symbol): unknown => {
    const value: unknown = Reflect.get(store, key);
    return typeof value === "function" ? value.bind(store) : value;
  };
  return new Proxy(store, { get: (_store, key) => (key === "follow" ? follow : bound(key)) });
}

/** The cluster's part of a daemon: a member of its own with its own connections to the store, and nothing of a kernel. */
export class SimulatedHost {
  readonly cluster: StoreCluster;
  readonly #onRemotes: NonNullable<HostOptions["onRemotes"]>;

  constructor(number: number, { onRemotes = () => {}, store, isKnown = false, followLive }: HostOptions = {}) {
    this.#onRemotes = onRemotes;
    const opened = store ?? openEtcdStore(storeAddress, silentLog);
    const { id, name, vtep, mtu } = recordOf(number);
    this.cluster = new StoreCluster({
      store: followLive ? holding(opened, followLive) : opened,
      storeName: endpoint,
      journal: isKnown ? journalOf(number) : new Journal(new MemoryStore()),
      self: { id, name, vtep, mtu, version: "0.0.0", since: "2026-01-01T00:00:00Z" },
      ...{ device: "eth0", port: 4789, vnis: { first: 4096, last: 8191 }, boot: "boot", log: silentLog },
      ...{ leaseSeconds, graceSeconds: 86_400 },
    });
  }

  /** Resolves when it is a member and knows the measured network, which must be there unless `alone`. */
  async start({ alone = false } = {}): Promise<void> {
    const { promise: known, resolve } = Promise.withResolvers<void>();
    const listener: ClusterListener = {
      onNetwork: () => resolve(),
      onNetworkGone() {},
      onRemotes: this.#onRemotes,
      onUnderlay() {},
      onHosts() {},
      onLost() {},
      onEvent() {},
    };
    await this.cluster.start(listener, []);
    if (!alone) await known;
  }
}
