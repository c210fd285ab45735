import { EngineError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type {
  Cluster,
  ClusterHost,
  ClusterListener,
  ClusterState,
  ClusterStatus,
  LocalEndpoint,
  RemoteEndpoint,
} from "../contracts/cluster.ts";
import type { ClusterStore, Entry, News, StoreStatus } from "../contracts/cluster-store.ts";
import type { Network } from "../model/network.ts";
import { tunnelPrefix } from "../model/tunnel.ts";
import { AbsentHosts } from "./absent-hosts.ts";
import { Addresses } from "./addresses.ts";
import { drainHost, findHost, removeHost } from "./host-commands.ts";
import { HostsView } from "./hosts-view.ts";
import { embedded, type Journal } from "./journal.ts";
import { keys } from "./keys.ts";
import { Member, type Self } from "./member.ts";
import { Networks, type VniRange } from "./networks.ts";
import { Publisher } from "./publisher.ts";
import { sweep } from "./reclaim.ts";
import { Reclaimer } from "./reclaimer.ts";
import { read, type WishRecord } from "./records.ts";
import { Sight } from "./sight.ts";
import { Standing } from "./standing.ts";
import { UsedNetworks } from "./used-networks.ts";

export interface ClusterOptions {
  readonly store: ClusterStore;
  /** Its address without credentials, for messages and as the cluster's identity in the journal. */
  readonly storeName: string;
  readonly journal: Journal;
  readonly self: Self;
  /** Link that has the VTEP, and the UDP port of VXLAN. */
  readonly device: string;
  readonly port: number;
  readonly vnis: VniRange;
  readonly leaseSeconds: number;
  readonly graceSeconds: number;
  readonly boot: string;
  readonly log: Log;
}

const tickMs = 1_000;

/** The cluster on a store: what the engine sees of the parts in this folder. */
export class StoreCluster implements Cluster {
  readonly #options: ClusterOptions;
  readonly #hosts: HostsView;
  readonly #member: Member;
  readonly #networks: Networks;
  readonly #addresses: Addresses;
  readonly #publisher: Publisher;
  readonly #absent: AbsentHosts;
  readonly #reclaimer: Reclaimer;
  readonly #sight: Sight;
  readonly #standing: Standing;
  readonly #used: UsedNetworks;
  readonly #end = new AbortController();
  #listener: ClusterListener | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Networks that this host knew when it started, until the first join. */
  #known: readonly Network[] | undefined;
  #settling: Promise<void> = Promise.resolve();
  #joining = false;

  constructor(options: ClusterOptions) {
    this.#options = options;
    const { store, journal, self, log, storeName } = options;
    const onUnreadable = (err: unknown) => log.error({ err }, "a record of the cluster is left out");
    this.#hosts = new HostsView(onUnreadable);
    this.#member = new Member(self, {
      ...{ store, journal, log, storeName, hosts: this.#hosts, boot: options.boot },
      ...{ leaseSeconds: options.leaseSeconds, graceSeconds: options.graceSeconds },
      now: () => Number(process.hrtime.bigint() / 1_000_000n),
    });
    this.#member.onJoined = (anew) => this.#settleSoon(anew);
    const shared = {
      ...{ store, journal, log, storeName, hostId: self.id },
      member: (what: string) => this.#member.condition(what),
      nameOf: (id: string) => this.#hosts.nameOf(id),
      connected: () => this.#standing.connected && this.#member.joined,
    };
    this.#networks = new Networks({ ...shared, vnis: options.vnis });
    this.#addresses = new Addresses({
      ...shared,
      fenced: () => this.#member.fenced,
      freeAbandoned: () => sweep(store, (id) => this.#hosts.record(id) === undefined),
    });
    this.#publisher = new Publisher({
      ...{ ...shared, networks: this.#networks, epoch: () => this.#member.epoch },
      // Networks that are still being carried over would be taken for removed ones: #settle() writes what waits.
      connected: () => shared.connected() && this.#known === undefined,
    });
    this.#absent = new AbsentHosts(options.graceSeconds * 1000);
    this.#reclaimer = new Reclaimer({ store, hosts: this.#hosts, self: self.id, log });
    this.#sight = new Sight({
      ...{ store, member: this.#member, hosts: this.#hosts, onUnreadable },
      connected: () => this.#standing.connected,
    });
    this.#standing = new Standing(this.#member.fenced);
    this.#used = new UsedNetworks({
      ...{ store, hosts: this.#hosts, self: self.id, onUnreadable },
      tell: (networkId, change) => this.#listener?.onRemotes(networkId, change),
    });
  }

  get hostId(): string {
    return this.#options.self.id;
  }

  get isAlone(): boolean {
    return this.#options.storeName === embedded;
  }

  get storeName(): string {
    return this.#options.storeName;
  }

  async start(listener: ClusterListener, known: readonly Network[]): Promise<void> {
    this.#listener = listener;
    for (const network of known) this.#addresses.know(network);
    this.#known = known;
    this.#follow(keys.hosts, (news) => this.#onHosts(news));
    this.#follow(keys.live, (news) => this.#review(this.#hosts.takeLive(news)));
    this.#follow(keys.wishes, (news) => this.#onWishes(news));
    this.#timer = setInterval(() => this.#tick(), tickMs).unref();
    try {
      // Who has been a member starts on what it knows, and joins meanwhile.
      const joined = this.#member.join();
      if (this.#member.known) joined.catch((err: unknown) => this.#options.log.warn(reasonOf(err), "cannot join yet"));
      else await joined;
    } catch (error) {
      if (!isAway(error)) throw error;
      this.#options.log.error(reasonOf(error), "the cluster's store is away: starting on what this host knows");
    }
    this.#tick();
  }

  #follow(prefix: string, take: (news: News) => void): void {
    const noteAndTake = (news: News) => {
      this.#sight.note(news);
      take(news);
    };
    this.#options.store.follow(prefix, noteAndTake, this.#end.signal);
  }

  #followNetworks(known: readonly Network[]): void {
    this.#networks.expect(known);
    this.#follow(keys.networks, (news) => this.#onNetworks(news));
  }

  /** The cluster's networks are followed from the first join on: only then is it known which cluster this is. */
  async #beginNetworks(): Promise<void> {
    const known = this.#known;
    if (!known) return;
    const moved = this.#options.journal.home !== this.#member.cluster;
    const networks = moved ? await this.#carryOver(known) : known;
    this.#known = undefined;
    this.#followNetworks(networks);
  }

  /** Before the cluster's networks are followed: those it does not have would be taken for removed. */
  async #carryOver(networks: readonly Network[]): Promise<Network[]> {
    const carried: Network[] = [];
    for (const network of networks) {
      try {
        const taken = await this.#networks.carryOver(network);
        carried.push(taken);
        this.#listener?.onNetwork(taken);
      } catch (err) {
        if (!(err instanceof EngineError) || isAway(err)) throw err;
        this.#options.log.error(
          { err, network: network.name },
          "a network of this host cannot become the cluster's: it stays on this host alone",
        );
      }
    }
    this.#options.journal.settleIn(this.#member.cluster);
    return carried;
  }

  #onHosts(news: News): void {
    this.#hear(news);
    const changed = this.#hosts.takeHosts(news);
    // A snapshot may lack a record of this host that was never told of.
    if ("revision" in news && (news.kind === "snapshot" || changed.has(this.hostId)))
      this.#member.noteRecord(news.revision);
    if (changed.size > 0) this.#listener?.onHosts();
    this.#review(changed);
  }

  /** The news of the hosts stand for all: they are always followed, and all come over the same connection. */
  #hear(news: News): void {
    if (news.kind === "away") {
      this.#absent.forget();
      this.#state(false, news.why);
      return;
    }
    const back = !this.#standing.connected;
    this.#state(true, "");
    if (!back) return;
    if (!this.#member.joined) void this.#join();
    else this.#settleSoon(false);
  }

  /** Asked for while it is being done, it is done once, and fails in one line of the log. */
  async #join(): Promise<void> {
    if (this.#joining) return;
    this.#joining = true;
    await this.#member.join().catch((err: unknown) => this.#options.log.error({ err }, "cannot join the cluster"));
    this.#joining = false;
  }

  #state(connected: boolean, why: string): void {
    if (!this.#standing.hear(connected, why)) return;
    const { log, storeName } = this.#options;
    if (connected) log.info({ store: storeName }, "the cluster's store is there");
    else log.warn({ store: storeName, why }, "the cluster's store is away; containers and their traffic go on");
    this.#tell(connected ? "store_back" : "store_away", { store: storeName, ...(why === "" ? {} : { why }) });
  }

  #tell(action: string, attributes: Readonly<Record<string, string>>): void {
    this.#listener?.onEvent({ action, attributes });
  }

  /** Hosts came, went or changed: what is behind them follows. */
  #review(changed: ReadonlySet<string>): void {
    if (changed.size === 0) return;
    for (const { id, name, state } of this.#hosts.turns(changed)) this.#tell(`host_${state}`, { host: name, id });
    this.#used.review(changed);
  }

  #onNetworks(news: News): void {
    try {
      const { put, gone } = this.#networks.take(news);
      for (const id of gone) {
        this.#addresses.forget(id);
        this.#listener?.onNetworkGone(id);
      }
      for (const network of put) this.#listener?.onNetwork(network);
    } catch (err) {
      this.#options.log.error({ err }, "networks of the cluster are left out");
    }
  }

  #onWishes(news: News): void {
    if (news.kind !== "snapshot" && news.kind !== "changes") return;
    for (const entry of news.kind === "changes" ? news.puts : news.entries)
      this.#grant(entry).catch((err: unknown) =>
        this.#options.log.warn({ err }, "an address that another host asked for is kept"),
      );
  }

  /** Asynchronous, so that a wish that cannot be read is a rejection, and others are still granted. */
  async #grant(entry: Entry): Promise<void> {
    const [, networkId = "", family = ""] = entry.key.split("/");
    await this.#addresses.grant(networkId, family === "6" ? 6 : 4, read<WishRecord>(entry));
  }

  /** After a join, and after the store was away: one after the other, so that a later one finds what the earlier left. */
  #settleSoon(anew: boolean): void {
    this.#settling = this.#settling.then(() =>
      this.#settle(anew).catch((err: unknown) =>
        this.#options.log.warn(
          { err },
          "cannot compare with the cluster's store yet; it is tried again when it is back",
        ),
      ),
    );
  }

  async #settle(anew: boolean): Promise<void> {
    await this.#beginNetworks();
    if (anew)
      this.#options.log.warn({}, "this host was taken out of the cluster meanwhile: it claims its addresses again");
    const lost = await this.#addresses.compareAll();
    if (lost.length > 0) this.#listener?.onLost(lost);
    await this.#publisher.compare(new Set([...this.#addresses.held, ...this.#used.ids]));
    this.#addresses.wake();
    this.#checkFence();
    if (this.#member.compareTunnel()) this.#listener?.onUnderlay();
  }

  #tick(): void {
    this.#checkFence();
    if (!this.#standing.connected) return;
    if (!this.#member.joined) return void this.#join();
    this.#member.noteIfDue();
    this.#sight.tell(performance.now()).catch((err: unknown) => this.#options.log.debug({ err }, "cannot tell yet"));
    for (const host of this.#absent.overdue(this.#hosts.unknown(), performance.now()))
      void this.#reclaimer.reclaim(host);
  }

  #checkFence(): void {
    const { fenced } = this.#member;
    if (!this.#standing.fence(fenced)) return;
    const { log } = this.#options;
    if (fenced)
      log.error(
        {},
        "the store was away for so long that other hosts may have this one's addresses: overlays are cut off",
      );
    else log.info({}, "this host's addresses are its own: overlays are connected");
    this.#tell(fenced ? "fenced" : "unfenced", {});
    this.#listener?.onUnderlay();
  }

  networks = (): readonly Network[] => this.#networks.all();
  createNetwork = (draft: Network): Promise<Network> => this.#networks.create(draft);

  async removeNetwork(network: Network): Promise<void> {
    await this.#networks.remove(network);
    this.#addresses.forget(network.id);
  }

  async reserve(network: Network, request: Parameters<Cluster["reserve"]>[1]): Promise<string> {
    const self = this.#hosts.record(this.hostId);
    if (self?.drained) {
      const why = `host ${self.name} is drained; run it on another, or "fairlead host drain --off ${self.name}"`;
      throw new EngineError("NETWORK_REFUSED", { network: network.name, why });
    }
    return this.#addresses.reserve(network, request);
  }

  release = (network: Network, address: string): void => this.#addresses.release(network, address);
  adopt = (network: Network, address: string, owner: string): void => this.#addresses.adopt(network, address, owner);
  usage: Cluster["usage"] = (network) => this.#addresses.usage(network);

  use = (network: Network): Promise<void> => this.#used.use(network);
  leave = (networkId: string): void => this.#used.leave(networkId);
  remotes = (networkId: string): readonly RemoteEndpoint[] => this.#used.get(networkId)?.endpoints ?? [];
  forwarding = (networkId: string) => this.#used.get(networkId)?.addresses;
  publish = (endpoints: readonly LocalEndpoint[]): Promise<void> => this.#publisher.publish(endpoints);
  withdraw = (endpoints: readonly LocalEndpoint[]): Promise<void> => this.#publisher.withdraw(endpoints);

  underlay() {
    const { self, device, port } = this.#options;
    return self.vtep === "" || this.#standing.fenced ? undefined : { address: self.vtep, device, port, mtu: self.mtu };
  }

  tunnel(): ReturnType<Cluster["tunnel"]> {
    const { cluster, tunnel } = this.#member;
    return tunnel && { ...tunnel, prefix: tunnelPrefix(cluster) };
  }

  publishTunnel = (): Promise<void> => this.#member.publishTunnel();

  hosts = (): readonly ClusterHost[] => this.#hosts.all();

  /** Asynchronous, so that a host that is not there is a rejection. */
  surveyHosts: Cluster["surveyHosts"] = async (reference) =>
    this.#sight.survey(reference === undefined ? undefined : findHost(this.#hosts, reference).id);

  removeHost = (reference: string): Promise<void> => removeHost(this.#options.store, this.#hosts, reference);
  drainHost = (reference: string, drained: boolean): Promise<void> =>
    drainHost(this.#options.store, this.#hosts, { reference, drained });

  state(): ClusterState {
    const { epoch } = this.#member;
    return { ...this.#standing.state, epoch, seen: this.#sight.seen, waiting: this.#publisher.waiting };
  }

  /** While the store is away the state says why already. */
  #unread = (error: Error): StoreStatus => {
    const warnings = this.#standing.connected ? [error.message] : [];
    return { version: "", members: [], warnings, revision: 0 };
  };

  async status(): Promise<ClusterStatus> {
    const { store, storeName } = this.#options;
    const [found, [self]] = await Promise.all([store.status().catch(this.#unread), this.#sight.survey(this.hostId)]);
    const lag = self?.lag;
    return { ...this.state(), ...(lag === undefined ? {} : { lag }), store: { ...found, address: storeName } };
  }

  quit = (): Promise<void> => this.#member.quit();

  async stop(): Promise<void> {
    clearInterval(this.#timer);
    for (const id of [...this.#used.ids]) this.leave(id);
    this.#end.abort();
    this.#member.stop();
    await this.#options.store.close();
  }
}

/** For the log: an absence of the store is no mistake of ours that a stack would lead to. */
const reasonOf = (error: unknown): object => (isAway(error) ? { why: (error as Error).message } : { err: error });

const isAway = (error: unknown): boolean => error instanceof EngineError && error.code === "STORE_AWAY";
