import { EngineError } from "../../../base/errors.ts";
import type { Log } from "../../../base/log.ts";
import type { ClusterListener, LocalEndpoint, RemoteChange } from "../../../contracts/cluster.ts";
import type { ClusterStore } from "../../../contracts/cluster-store.ts";
import type { Store } from "../../../contracts/store.ts";
import type { Network } from "../../../model/network.ts";
import { StoreCluster } from "../../cluster.ts";
import { Journal } from "../../journal.ts";
import type { Chance } from "./chance.ts";
import { calm, Link, type Weather } from "./link.ts";
import type { Actor, SimTime } from "./sim-time.ts";

export interface SimHostParts {
  readonly time: SimTime;
  readonly chance: Chance;
  readonly wire: Actor;
  readonly store: ClusterStore;
  readonly openJournal: (name: string) => Store;
  readonly leaseSeconds: number;
  readonly graceSeconds: number;
  /** Something happened that must not happen. */
  readonly onFault: (fault: string) => void;
  readonly note: (line: string) => void;
  /** A host has given an address to a container. */
  readonly onReserved: (host: SimHost) => void;
}

/** What a host's kernel and DNS have of a network of the cluster, by what they were told. */
class Programmed {
  readonly addresses = new Map<string, string>();
  readonly names = new Set<string>();
}

const bare = (address: string) => address.split("/")[0] ?? "";

/** Codes that an operator may get to read; anything else is a mistake. */
const expected = new Set([
  ...["STORE_AWAY", "NETWORK_EXISTS", "SUBNET_OVERLAPS", "NETWORK_IN_USE", "NETWORK_REFUSED", "NETWORK_NOT_FOUND"],
  ...["ADDRESS_TAKEN", "ADDRESSES_EXHAUSTED", "ADDRESS_OUTSIDE", "CLUSTER_HOST_REFUSED", "CLUSTER_HOST_NOT_FOUND"],
]);

/** A host of the simulation: a StoreCluster, and what an engine does with it. What is on its disk outlives a crash. */
export class SimHost implements ClusterListener {
  readonly number: number;
  readonly #parts: SimHostParts;
  /** The machine's identity: another one after it was wiped. */
  id = "";
  #wipes = 0;
  #disk: Store | undefined;
  /** As the engine keeps them on its disk: endpoints of running containers, and the networks there are. */
  readonly endpoints = new Map<string, LocalEndpoint>();
  readonly networks = new Map<string, Network>();
  readonly programmed = new Map<string, Programmed>();
  weather: Weather = calm;
  process: Actor | undefined;
  link: Link | undefined;
  cluster: StoreCluster | undefined;
  /** The last epoch in which it had compared what it holds with the store. */
  #settledEpoch = 0;
  /** Endpoints that are being let go, and those whose addresses are others' now, as this process knows. */
  readonly #dropping = new Map<LocalEndpoint, Promise<void>>();
  readonly #lost = new Set<LocalEndpoint>();
  #made = 0;
  #lives = 0;
  #busy = 0;

  constructor(number: number, parts: SimHostParts) {
    this.number = number;
    this.#parts = parts;
    this.wipe();
  }

  get name(): string {
    return `host${this.number}`;
  }

  /** Another machine at the same address: nothing of the old one is left. Only of one that does not run. */
  wipe(): void {
    this.#wipes += 1;
    this.id = `${this.number}${this.#wipes % 10}`.repeat(32);
    this.#disk = this.#parts.openJournal(`${this.number}-${this.#wipes}`);
    this.#settledEpoch = 0;
    this.endpoints.clear();
    this.networks.clear();
  }

  get journal(): Journal {
    if (!this.#disk) throw new Error(`${this.name} has no disk`);
    return new Journal(this.#disk);
  }

  /** The epoch in which its addresses are its own. */
  get settledEpoch(): number {
    if (this.cluster?.compared) this.#settledEpoch = this.cluster.state().epoch;
    return this.#settledEpoch;
  }

  /** True when nothing that was begun is still going on. */
  get idle(): boolean {
    return this.#busy === 0;
  }

  start(): void {
    if (this.process) return;
    const { time, store, chance, wire, leaseSeconds, graceSeconds, onFault } = this.#parts;
    const host: Actor = { name: `${this.name}.${++this.#lives}`, state: "running" };
    this.process = host;
    this.programmed.clear();
    this.#dropping.clear();
    this.#busy = 0;
    const wasCut = this.link?.isCut ?? false;
    const link = new Link({
      time,
      chance,
      host,
      wire,
      store,
      onMistake: (error) => onFault(`it threw ${text(error)}`),
    });
    this.link = link;
    link.weather = this.weather;
    if (wasCut) link.cut();
    time.as(host, () => {
      const cluster = new StoreCluster({
        ...{ store: link, storeName: "torture", journal: this.journal, log: this.#log() },
        self: {
          ...{ id: this.id, name: this.name, vtep: `192.0.2.${this.number}`, mtu: 1500 },
          ...{ version: "0", since: "2026-01-01T00:00:00Z" },
        },
        ...{ device: "eth0", port: 4789, boot: "boot", vnis: { first: 4096, last: 4098 }, leaseSeconds, graceSeconds },
      });
      this.cluster = cluster;
      this.#run("start", () => this.#begin(cluster).catch((error: unknown) => this.#startAgain(error)));
    });
  }

  /** The lease of the machine before it was wiped may last a little longer than it should: whoever starts daemons tries again. */
  #startAgain(error: unknown): void {
    if (!(error instanceof EngineError) || error.code !== "INVALID") throw error;
    this.#parts.note(`${this.name}: ${error.message}`);
    const { process } = this;
    this.#parts.time.after(this.#parts.wire, 5_000, () => {
      if (this.process !== process) return;
      this.kill();
      this.start();
    });
  }

  /** As the engine's restore does. */
  async #begin(cluster: StoreCluster): Promise<void> {
    for (const { networkId, ipv4, ipv6, container } of this.endpoints.values()) {
      const network = this.networks.get(networkId);
      for (const address of [ipv4, ipv6]) if (network && address) cluster.adopt(network, address, container);
    }
    await cluster.start(this, [...this.networks.values()]);
    const used = new Set([...this.endpoints.values()].map(({ networkId }) => networkId));
    for (const id of used) {
      const network = this.networks.get(id);
      if (network) await this.#use(network);
    }
    await cluster.publish([...this.endpoints.values()]);
  }

  /** kill -9. What it had sent may still arrive. */
  kill(): void {
    if (!this.process) return;
    const { settledEpoch } = this;
    this.#settledEpoch = settledEpoch;
    this.#parts.time.kill(this.process);
    this.link?.hangUp();
    this.process = undefined;
    this.cluster = undefined;
  }

  /** What a user asks of it; nothing when its process does not run. */
  ask(what: string, body: (cluster: StoreCluster) => Promise<unknown>): void {
    const { process, cluster } = this;
    if (!process || !cluster) return;
    this.#parts.time.as(process, () => this.#run(what, () => body(cluster)));
  }

  #run(what: string, body: () => Promise<unknown>): void {
    const { process } = this;
    this.#busy += 1;
    body()
      .catch((error: unknown) => {
        if (error instanceof EngineError && expected.has(error.code))
          return this.#parts.note(`${this.name}: ${what}: ${error.message}`);
        this.#parts.onFault(`${what} on ${this.name} failed with ${text(error)}`);
      })
      .finally(() => {
        if (this.process === process) this.#busy -= 1;
      });
  }

  attach(networkName: string, address?: string): void {
    this.ask(`attach to ${networkName}`, (cluster) => this.#attach(cluster, networkName, address));
  }

  async #attach(cluster: StoreCluster, networkName: string, address?: string): Promise<void> {
    const network = cluster.networks().find(({ name }) => name === networkName);
    if (!network) return;
    const container = `c${this.number}-${++this.#made}`;
    const got: string[] = [];
    let endpoint: LocalEndpoint | undefined;
    try {
      await this.#use(network);
      for (const family of network.ipv6 ? ([4, 6] as const) : ([4] as const)) {
        const asked = family === 4 && address !== undefined ? { address } : {};
        got.push(await cluster.reserve(network, { family, owner: container, ...asked }));
        this.#parts.onReserved(this);
      }
      const [ipv4 = "", ipv6] = got.map(bare);
      const made = { networkId: network.id, endpointId: `e-${container}`, containerId: container, container };
      endpoint = { ...made, names: [container], mac: macOf(this.number, this.#made), ipv4, ...(ipv6 ? { ipv6 } : {}) };
      this.endpoints.set(endpoint.endpointId, endpoint);
      this.#parts.note(`${this.name}: ${container} has ${got.join(" and ")}`);
      await cluster.publish([endpoint]);
    } catch (error) {
      if (endpoint) await this.#drop(cluster, endpoint);
      else for (const each of got) cluster.release(network, each);
      this.#leaveUnused(cluster, network.id);
      throw error;
    }
  }

  detach(nth: number): void {
    const all = [...this.endpoints.values()];
    const endpoint = all[nth % Math.max(1, all.length)];
    if (endpoint) this.ask(`detach ${endpoint.container}`, (cluster) => this.#drop(cluster, endpoint));
  }

  /** Once, whoever asks for it. */
  #drop(cluster: StoreCluster, endpoint: LocalEndpoint): Promise<void> {
    if (this.endpoints.get(endpoint.endpointId) !== endpoint) return Promise.resolve();
    const dropping = this.#dropping.get(endpoint) ?? this.#letGo(cluster, endpoint);
    this.#dropping.set(endpoint, dropping);
    return dropping;
  }

  async #letGo(cluster: StoreCluster, endpoint: LocalEndpoint): Promise<void> {
    this.#parts.note(`${this.name}: ${endpoint.container} lets ${endpoint.ipv4} go`);
    await cluster.withdraw([endpoint]);
    this.endpoints.delete(endpoint.endpointId);
    const network =
      this.networks.get(endpoint.networkId) ?? cluster.networks().find(({ id }) => id === endpoint.networkId);
    for (const address of [endpoint.ipv4, endpoint.ipv6]) if (network && address) cluster.release(network, address);
    this.#leaveUnused(cluster, endpoint.networkId);
  }

  async #use(network: Network): Promise<void> {
    if (!this.programmed.has(network.id)) this.programmed.set(network.id, new Programmed());
    await this.cluster?.use(network);
  }

  #leaveUnused(cluster: StoreCluster, networkId: string): void {
    if ([...this.endpoints.values()].some((endpoint) => endpoint.networkId === networkId)) return;
    cluster.leave(networkId);
    this.programmed.delete(networkId);
  }

  onNetwork = (network: Network): void => {
    this.networks.set(network.id, network);
  };

  /** As the engine does: it forgets the network last, and hears of its end again when it was killed on the way. */
  onNetworkGone = (id: string): void =>
    this.ask("leave a network that is gone", async (cluster) => {
      const here = [...this.endpoints.values()].filter(({ networkId }) => networkId === id);
      await Promise.all(here.map((endpoint) => this.#drop(cluster, endpoint)));
      this.networks.delete(id);
    });

  onRemotes = (networkId: string, change: RemoteChange): void => {
    const programmed = this.programmed.get(networkId);
    if (!programmed) return;
    const { addresses, names } = programmed;
    if (change.whole) {
      addresses.clear();
      for (const { address, mac, vtep } of this.cluster?.forwarding(networkId) ?? [])
        addresses.set(address, `${mac} ${vtep}`);
    }
    for (const { address } of change.drop) addresses.delete(address);
    for (const { address, mac, vtep } of change.put) addresses.set(address, `${mac} ${vtep}`);
    for (const id of change.withdraw) names.delete(id);
    for (const { endpointId } of change.publish) names.add(endpointId);
  };

  onHosts(): void {}

  onUnderlay = (): void => {};

  onLost: ClusterListener["onLost"] = (lost) => {
    for (const { networkId, address } of lost) {
      const endpoint = [...this.endpoints.values()].find(
        (each) => each.networkId === networkId && [each.ipv4, each.ipv6].includes(address),
      );
      if (!endpoint) continue;
      this.#parts.note(`${this.name}: ${endpoint.container} lost ${address}`);
      this.#lost.add(endpoint);
      this.ask("disconnect what lost its address", (cluster) => this.#drop(cluster, endpoint));
    }
  };

  onEvent: ClusterListener["onEvent"] = ({ action }) => this.#parts.note(`${this.name}: ${action}`);

  /** Addresses that its containers have, but for those that it knows to be others'. */
  get used(): { networkId: string; address: string }[] {
    return [...this.endpoints.values()]
      .filter((endpoint) => !this.#lost.has(endpoint))
      .flatMap(({ networkId, ipv4, ipv6 }) =>
        [ipv4, ipv6].flatMap((address) => (address === undefined ? [] : [{ networkId, address }])),
      );
  }

  #log(): Log {
    const say = (level: string) => (fields: object, message: string) => {
      const { err } = fields as { err?: unknown };
      this.#parts.note(`${this.name}: ${level}: ${message}${err === undefined ? "" : `: ${text(err)}`}`);
      if (err instanceof TypeError || err instanceof RangeError)
        this.#parts.onFault(`${this.name} logged ${text(err)}`);
    };
    return { debug: say("debug"), info: say("info"), warn: say("warn"), error: say("error") };
  }
}

const macOf = (host: number, endpoint: number): string =>
  `02:00:00:${[host, endpoint >> 8, endpoint & 255].map((byte) => byte.toString(16).padStart(2, "0")).join(":")}`;

function text(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error instanceof EngineError ? error.message : (error.stack ?? error.message);
}
