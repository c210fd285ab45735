import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { silentLog } from "../../base/log.ts";
import type { ClusterListener, RemoteChange } from "../../contracts/cluster.ts";
import type { ClusterStore } from "../../contracts/cluster-store.ts";
import type { Store } from "../../contracts/store.ts";
import type { Network } from "../../model/network.ts";
import { openStore } from "../../store/sqlite.ts";
import { StoreCluster } from "../cluster.ts";
import { openEmbeddedStore } from "../embedded/store.ts";
import { Journal } from "../journal.ts";
import type { ClusterOptions } from "../options.ts";

/** What a host was told, in the order of the telling. */
export class Told implements ClusterListener {
  readonly networks: string[] = [];
  readonly gone: string[] = [];
  readonly lost: string[] = [];
  readonly events: string[] = [];
  readonly remotes: RemoteChange[] = [];
  #waiting: (() => void)[] = [];

  onNetwork = ({ name }: Network) => this.#note(this.networks, name);
  onNetworkGone = (id: string) => this.#note(this.gone, id);
  onRemotes = (_networkId: string, change: RemoteChange) => this.#note(this.remotes, change);
  /** How often. */
  readonly underlays: number[] = [];
  readonly hosts: number[] = [];
  onUnderlay = () => this.#note(this.underlays, this.underlays.length);
  onHosts = () => this.#note(this.hosts, this.hosts.length);
  onLost: ClusterListener["onLost"] = (lost) => {
    for (const { address } of lost) this.#note(this.lost, address);
  };
  onEvent: ClusterListener["onEvent"] = ({ action }) => this.#note(this.events, action);

  #note<T>(list: T[], item: T): void {
    list.push(item);
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** Resolves as soon as the condition holds; it is looked at again with each thing that is told. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#waiting.push(resolve);
      await promise;
    }
  }
}

export interface TestHost {
  readonly cluster: StoreCluster;
  readonly told: Told;
  readonly journal: Journal;
  /** As the end of the daemon, and later of its lease, does. The journal stays. */
  stop(): Promise<void>;
}

/** Several hosts on one embedded store, each with a journal of its own. */
export class TestCluster implements AsyncDisposable {
  readonly store: ClusterStore;
  readonly #folder = mkdtempSync(join(tmpdir(), "fairlead-cluster-"));
  readonly #shared: Store;
  readonly #journals = new Map<number, Store>();
  readonly #running = new Set<TestHost>();

  constructor() {
    this.#shared = openStore(join(this.#folder, "shared.db"));
    this.store = openEmbeddedStore(this.#shared, silentLog);
  }

  /** `before`: what an engine does before the start, such as adopting addresses. */
  async host(
    number: number,
    more: Partial<ClusterOptions> = {},
    known: readonly Network[] = [],
    before: (cluster: StoreCluster) => void = () => {},
  ): Promise<TestHost> {
    const own = this.#journals.get(number) ?? openStore(join(this.#folder, `${number}.db`));
    this.#journals.set(number, own);
    const told = new Told();
    const journal = new Journal(own);
    const cluster = new StoreCluster({
      // The store is everybody's: a host that ends does not close it.
      store: new Proxy(this.store, { get: (of, key) => (key === "close" ? async () => {} : bound(of, key)) }),
      storeName: "test",
      journal,
      self: selfOf(number),
      ...{ device: "eth0", port: 4789, boot: "boot", log: silentLog, vnis: { first: 4096, last: 4100 } },
      ...{ leaseSeconds: 10, graceSeconds: 3600 },
      ...more,
    });
    before(cluster);
    await cluster.start(told, known);
    const host: TestHost = {
      ...{ cluster, told, journal },
      stop: async () => {
        if (!this.#running.delete(host)) return;
        await cluster.stop();
        await this.store.txn([], [{ delete: `live/${cluster.hostId}` }]); // as the end of the lease does
      },
    };
    this.#running.add(host);
    return host;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const host of [...this.#running]) await host.stop();
    await this.store.close();
    this.#shared.close();
    for (const store of this.#journals.values()) store.close();
    rmSync(this.#folder, { recursive: true });
  }
}

const bound = (of: object, key: string | symbol): unknown => {
  const value: unknown = Reflect.get(of, key);
  return typeof value === "function" ? value.bind(of) : value;
};

const selfOf = (number: number): ClusterOptions["self"] => ({
  id: String(number).repeat(64).slice(0, 64),
  name: `host${number}`,
  vtep: `192.0.2.${number}`,
  ...{ mtu: 1500, version: "0.0.0", since: "2026-01-01T00:00:00Z" },
});

let ids = 0;

/** A network as the engine drafts it. */
export const draft = (name: string, subnet: string, more: Partial<Network> = {}): Network => ({
  id: (++ids).toString(16).padStart(64, "0"),
  ...{ name, driver: "overlay", scope: "global", created: "2026-01-01T00:00:00Z", internal: false, attachable: true },
  ...{ ipv4: true, ipv6: false, ipamDriver: "default", ipamOptions: {}, userSubnets: true, options: {}, labels: {} },
  ...{ mtu: 1450, configOnly: false, builtIn: false },
  pools: [{ subnet, gateway: subnet.replace(/0\/\d+$/, "1"), aux: {} }],
  ...more,
});
