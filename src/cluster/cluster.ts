import { EngineError } from "../base/errors.ts";
import type {
  Cluster,
  ClusterHost,
  ClusterListener,
  ClusterState,
  ClusterStatus,
  LocalEndpoint,
  RemoteEndpoint,
} from "../contracts/cluster.ts";
import type { ClusterStore, News, StoreStatus } from "../contracts/cluster-store.ts";
import type { Network } from "../model/network.ts";
import { tunnelPrefix } from "../model/tunnel.ts";
import { Addresses } from "./addresses.ts";
import { carryOver } from "./carry-over.ts";
import { doubting } from "./doubting.ts";
import { drainHost, findHost, removeHost } from "./host-commands.ts";
import { HostsView } from "./hosts-view.ts";
import { embedded } from "./journal.ts";
import { keys } from "./keys.ts";
import { Member } from "./member.ts";
import { Networks } from "./networks.ts";
import type { ClusterOptions } from "./options.ts";
import { Publisher } from "./publisher.ts";
import { sweep } from "./reclaim.ts";
import { Settling } from "./settling.ts";
import { Sight } from "./sight.ts";
import { Silence } from "./silence.ts";
import { Standing } from "./standing.ts";
import { UsedNetworks } from "./used-networks.ts";
import { WishDesk } from "./wish-desk.ts";

const tickMs = 1_000;

/** The cluster on a store: what the engine sees of the parts in this folder. */
export class StoreCluster implements Cluster {
  readonly #options: ClusterOptions;
  /** For all writes that compare this host's record, or that must not be left half-way. */
  readonly #store: ClusterStore;
  readonly #hosts: HostsView;
  readonly #member: Member;
  readonly #networks: Networks;
  readonly #addresses: Addresses;
  readonly #publisher: Publisher;
  readonly #silence: Silence;
  readonly #wishes: WishDesk;
  readonly #settling: Settling;
  readonly #sight: Sight;
  readonly #standing: Standing;
  readonly #used: UsedNetworks;
  readonly #end = new AbortController();
  #listener: ClusterListener | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Networks that this host knew when it started, until the first join. */
  #known: readonly Network[] | undefined;
  #joining = false;
  /** Keys of wishes that this host waits for. */
  readonly #wishing = new Set<string>();

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
    this.#member.onJoined = (anew) => {
      this.#standing.unsettle();
      this.#addresses.doubt();
      this.#settling.soon(anew);
    };
    this.#store = doubting(store, () => this.#member.doubt());
    const shared = {
      ...{ store: this.#store, journal, log, storeName, hostId: self.id },
      member: (what: string) => this.#member.condition(what),
      nameOf: (id: string) => this.#hosts.nameOf(id),
    };
    const isGone = (id: string) => this.#hosts.record(id) === undefined;
    this.#networks = new Networks({ ...shared, vnis: options.vnis, onUnreadable });
    this.#addresses = new Addresses({
      ...shared,
      network: (id) => this.#networks.condition(id),
      lookAgain: (id) => this.#lookAgain([id]),
      joined: () => this.#member.joined,
      settled: () => this.settled,
      fenced: () => this.#member.fenced,
      lease: () => this.#member.lease,
      wishing: this.#wishing,
      isPublished: (id, address) => this.#publisher.has(id, address),
      onLost: (lost) => this.#listener?.onLost(lost),
      freeAbandoned: () => sweep(this.#store, isGone),
    });
    this.#publisher = new Publisher({
      ...{ ...shared, networks: this.#networks },
      epoch: () => this.#member.epoch,
      ready: () => this.#standing.connected && this.#member.joined && this.#standing.compared,
      whenReady: async () => {
        if (this.#standing.connected && this.#member.joined && !this.#known) await this.#settling.last;
      },
      owns: (id, address) => this.#addresses.owns(id, address),
      isAdopted: (id, address) => this.#addresses.isAdopted(id, address),
      lookAgain: (ids) => this.#lookAgain(ids),
      onWritten: () => this.#addresses.wake(),
    });
    this.#silence = new Silence({ ...shared, hosts: this.#hosts, graceMs: options.graceSeconds * 1000, tickMs });
    this.#wishes = new WishDesk({
      ...{ ...shared, addresses: this.#addresses, wishing: this.#wishing },
      settled: () => this.settled,
    });
    this.#sight = new Sight({
      ...{ store, member: this.#member, hosts: this.#hosts, onUnreadable },
      connected: () => this.#standing.connected,
    });
    this.#standing = new Standing(this.#member.fenced);
    this.#used = new UsedNetworks({
      ...{ store, hosts: this.#hosts, self: self.id, onUnreadable },
      tell: (networkId, change) => this.#listener?.onRemotes(networkId, change),
    });
    this.#settling = new Settling({
      ...{ ...shared, member: this.#member, networks: this.#networks, addresses: this.#addresses },
      ...{ publisher: this.#publisher, wishes: this.#wishes, standing: this.#standing },
      used: () => this.#used.ids,
      begin: () => this.#beginNetworks(),
      onCompared: () => {
        this.#checkFence();
        if (this.#member.compareTunnel()) this.#listener?.onUnderlay();
      },
    });
  }

  get hostId(): string {
    return this.#options.self.id;
  }

  /** Its lease; undefined while it has none. */
  get lease() {
    return this.#member.lease;
  }

  /** It knows which addresses are its own, since it last joined. */
  get compared(): boolean {
    return this.#member.joined && this.#standing.compared;
  }

  /** And the store has of it what it shall have. */
  get settled(): boolean {
    return this.#member.joined && this.#standing.settled;
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
    this.#follow(keys.wishes, (news) => this.#wishes.take(news));
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
    const { journal, log } = this.#options;
    const moved = journal.home !== this.#member.cluster;
    const networks = moved ? await carryOver(known, this.#networks, log, this.#listener) : known;
    if (moved) journal.settleIn(this.#member.cluster);
    this.#known = undefined;
    this.#followNetworks(networks);
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
      this.#silence.forget();
      this.#state(false, news.why);
      return;
    }
    const back = !this.#standing.connected;
    this.#state(true, "");
    if (!back) return;
    if (!this.#member.joined) void this.#join();
    else this.#settling.soon();
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
    this.#silence.note();
  }

  #onNetworks(news: News): void {
    try {
      const { put, gone } = this.#networks.take(news);
      for (const id of gone) {
        this.#addresses.forget(id);
        this.#listener?.onNetworkGone(id);
      }
      for (const network of put) this.#listener?.onNetwork(network);
      void this.#publisher.flush(); // a removal may have been taken back
    } catch (err) {
      this.#options.log.error({ err }, "networks of the cluster are left out");
    }
  }

  async #lookAgain(networkIds: Iterable<string>): Promise<void> {
    await this.#member.lookAgain();
    for (const id of networkIds) await this.#networks.lookAgain(id);
  }

  async #finishRemovals(): Promise<void> {
    try {
      await this.#networks.finishRemovals((id) => this.#hosts.record(id) === undefined);
    } catch (err) {
      this.#options.log.debug({ err }, "a removal that was cut short is finished later");
    }
  }

  #tick(): void {
    this.#checkFence();
    this.#silence.tick(this.#standing.connected && this.#member.joined);
    if (!this.#standing.connected) return;
    if (!this.#member.joined) return void this.#join();
    if (this.settled) {
      // What failed is tried again.
      this.#addresses.wake();
      void this.#publisher.flush();
      void this.#finishRemovals();
    }
    if (!this.#settling.finished) this.#settling.soon();
    this.#member.noteIfDue();
    this.#sight.tell(performance.now()).catch((err: unknown) => this.#options.log.debug({ err }, "cannot tell yet"));
  }

  #checkFence(): void {
    // Whoever was cut off stays so until it knows which addresses are still its own.
    const fenced = this.#member.fenced || (this.#standing.fenced && !this.#standing.compared);
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

  removeHost = (reference: string): Promise<void> => removeHost(this.#store, this.#hosts, reference);
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
