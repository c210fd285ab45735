import { EngineError } from "../base/errors.ts";
import type { Log } from "../base/log.ts";
import type { TunnelEnd } from "../contracts/cluster.ts";
import type { ClusterStore, Condition, Lease } from "../contracts/cluster-store.ts";
import { clusterIdOf } from "./cluster-id.ts";
import type { HostsView } from "./hosts-view.ts";
import type { Journal } from "./journal.ts";
import { embedded } from "./journal.ts";
import { keys } from "./keys.ts";
import { leaveForGood } from "./reclaim.ts";
import { type HostRecord, type LiveRecord, read } from "./records.ts";
import { refuseOrReplaceTwin } from "./twin.ts";

/** What this host is to the others, apart from its epoch. */
export interface Self {
  readonly id: string;
  readonly name: string;
  readonly vtep: string;
  readonly mtu: number;
  /** Its end of encrypted networks' tunnels in a cluster, as it is now; absent: it can have none. */
  readonly tunnel?: (cluster: string) => TunnelEnd;
  /** Release of the daemon. */
  readonly version: string;
  /** RFC 3339: when the daemon started. */
  readonly since: string;
}

export interface MemberParts {
  readonly store: ClusterStore;
  readonly hosts: HostsView;
  readonly journal: Journal;
  readonly log: Log;
  /** Where the store is, for messages; "embedded" on a host that is alone. */
  readonly storeName: string;
  /** Seconds without a keep-alive after which the others show this host as unknown. */
  readonly leaseSeconds: number;
  /** Seconds without one after which the others may take this host's addresses. */
  readonly graceSeconds: number;
  /** Milliseconds of CLOCK_MONOTONIC. */
  readonly now: () => number;
  readonly boot: string;
}

/** The part of the grace that a host keeps off its end, for clocks that run at different speeds. */
const marginShare = 0.1;

/**
 * This host as a member: its record, its epoch, its lease. Joins, keeps the lease, joins again after a loss, and knows
 * when it has been silent for so long that others may have taken its addresses.
 */
export class Member {
  readonly self: Self;
  readonly #parts: MemberParts;
  /** Called after each join; `anew`: what this host held may be others' by now. */
  onJoined: (anew: boolean) => void = () => {};
  #cluster: string | undefined;
  #epoch = 0;
  #revision: number | undefined;
  #lease: Lease | undefined;
  #joining: Promise<void> | undefined;
  #renewedAt: number | undefined;
  #notedAt = 0;
  #tunnelAddress: string | undefined;
  /** Of the last join that was not told yet. */
  #anew = false;
  readonly #end = new AbortController();

  constructor(self: Self, parts: MemberParts) {
    this.self = self;
    this.#parts = parts;
    const known = parts.journal.membership;
    // Another store is noticed at the join; that a host was alone until now, at once.
    if (!known || (known.cluster === embedded) !== (parts.storeName === embedded)) return;
    this.#cluster = known.cluster;
    this.#epoch = known.epoch;
    this.#tunnelAddress = this.tunnel?.address;
    if (known.boot === parts.boot) this.#renewedAt = known.renewedAt;
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Has been a member before, as far as this host's own store knows. */
  get known(): boolean {
    return this.#epoch > 0;
  }

  get joined(): boolean {
    return this.#revision !== undefined && this.#lease !== undefined;
  }

  /** What keys of this host's own are put under; undefined while it has none. */
  get lease(): Lease | undefined {
    return this.#lease;
  }

  /** What every write of this host's compares: that nobody took it out of the cluster. Throws STORE_AWAY before it has joined. */
  condition(what: string): Condition {
    if (this.#revision === undefined) {
      throw new EngineError("STORE_AWAY", { what, store: this.#parts.storeName, why: "this host has not joined yet" });
    }
    return { key: keys.host(this.self.id), revision: this.#revision };
  }

  /** Silent for so long that others may have, or soon may have, its addresses. */
  get fenced(): boolean {
    const silent = this.silentMs;
    return silent === undefined || silent > this.#parts.graceSeconds * 1000 * (1 - marginShare);
  }

  /** Milliseconds since the last answered keep-alive was sent; undefined: not known, as after a reboot. */
  get silentMs(): number | undefined {
    if (this.#lease) this.#renewedAt = this.#leaseTime(this.#lease);
    return this.#renewedAt === undefined ? undefined : this.#parts.now() - this.#renewedAt;
  }

  /** The lease counts in performance.now(), which starts with the process; the journal outlives it. */
  #leaseTime = (lease: Lease): number => this.#parts.now() - (performance.now() - lease.renewedAt);

  /**
   * Joins unless it has; one attempt at a time. Fails with STORE_AWAY, or INVALID when it cannot be let in. Stopped
   * meanwhile, it resolves and has not joined.
   */
  join(): Promise<void> {
    if (this.joined || this.#stopped) return Promise.resolve();
    this.#joining ??= this.#join().finally(() => {
      this.#joining = undefined;
    });
    return this.#joining;
  }

  get #stopped(): boolean {
    return this.#end.signal.aborted;
  }

  async #join(): Promise<void> {
    try {
      while (!this.#stopped && !(await this.#tryToJoin()));
    } catch (error) {
      if (!this.#stopped) throw error; // otherwise nobody waits for it any more
    }
  }

  /** False: the host's record was changed or removed on the way, so all begins again. */
  async #tryToJoin(): Promise<boolean> {
    if (this.#revision === undefined) this.#anew = (await this.#enter()) || this.#anew;
    if (this.#stopped) return false;
    // Who doubts keeps the lease: only the record was written anew.
    const lease = this.#lease ?? (await this.#parts.store.grant(this.#parts.leaseSeconds));
    try {
      if (!(await this.#announce(lease))) {
        if (lease !== this.#lease) this.#giveBack(lease);
        return false;
      }
    } catch (error) {
      if (lease !== this.#lease) this.#giveBack(lease); // it would keep itself alive, one more with each attempt
      throw error;
    }
    if (lease !== this.#lease) {
      this.#lease = lease;
      void lease.lost.then(() => this.#loseLease(lease));
    }
    this.note();
    const anew = this.#anew;
    this.#anew = false;
    this.onJoined(anew);
    return true;
  }

  /** Puts the sign of life under the lease, if the host's record is as this host knows it, before and after. */
  async #announce(lease: Lease): Promise<boolean> {
    if (this.#stopped || this.#revision === undefined) return false;
    const live: LiveRecord = { epoch: this.#epoch, since: this.self.since, version: this.self.version };
    const put = { put: keys.liveOf(this.self.id), value: JSON.stringify(live), lease };
    const { done } = await this.#parts.store.txn([this.condition("join the cluster")], [put]);
    if (!done) this.#revision = undefined;
    return done && !this.#stopped && this.#revision !== undefined;
  }

  #giveBack(lease: Lease): void {
    lease
      .revoke()
      .catch((err: unknown) => this.#parts.log.warn({ err }, "a lease in the cluster's store is left to run out"));
  }

  /**
   * A write of this host's has failed and may be carried out all the same, later too: its record is written anew, so that
   * nothing that compared the old one has an effect any more, and what it holds is compared with the store.
   */
  doubt(): void {
    if (this.#revision === undefined || this.#stopped) return;
    this.#revision = undefined;
    this.join().catch((err: unknown) => this.#parts.log.warn({ err }, "cannot join the cluster again yet"));
  }

  /** Takes over what others have done to this host's record, before the news tell. */
  async lookAgain(): Promise<void> {
    const entry = await this.#parts.store.get(keys.host(this.self.id));
    if (!entry) this.#notePresence(undefined, Number.POSITIVE_INFINITY);
    else if (read<HostRecord>(entry).epoch === this.#epoch) this.#notePresence(entry.revision, entry.revision);
  }

  /**
   * Writes the host's record, even when it is as this host left it: what an earlier process sent and has not arrived is
   * void then. True when others may have taken what this host held.
   */
  async #enter(): Promise<boolean> {
    const { store, journal } = this.#parts;
    const cluster = await this.#recognise();
    await refuseOrReplaceTwin({ ...this.#parts, self: this.self, stopped: this.#end.signal });
    const entry = await store.get(keys.host(this.self.id));
    const found = entry && read<HostRecord>(entry);
    const same = found !== undefined && found.epoch === this.#epoch;
    const epoch = same ? this.#epoch : Math.max(this.#epoch, found?.epoch ?? 0) + 1;
    const record: HostRecord = {
      id: this.self.id,
      name: this.self.name,
      epoch,
      vtep: this.self.vtep,
      mtu: this.self.mtu,
      ...(this.tunnel ? { tunnel: this.tunnel } : {}),
      created: found?.created ?? new Date().toISOString(),
      drained: found?.drained ?? false,
    };
    const anew = this.known && !same;
    // Before the store's: an epoch that was written down and not used does no harm, the opposite would.
    // Without a time that the lease was renewed at, none is made up: a host that starts on that would not be fenced.
    const boot = this.#renewedAt === undefined ? "" : this.#parts.boot;
    journal.remember({ epoch, cluster, boot, renewedAt: this.#renewedAt ?? 0 });
    this.#epoch = epoch;
    await this.#write(record, entry?.revision);
    return anew;
  }

  /** Which cluster this is. Another one than before: whatever this host was there does not count here. */
  async #recognise(): Promise<string> {
    const { store, storeName } = this.#parts;
    const id = storeName === embedded ? embedded : await clusterIdOf(store);
    if (this.#cluster !== id) {
      this.#epoch = 0;
      this.#renewedAt = undefined;
      this.#cluster = id;
    }
    return id;
  }

  /** Id of the cluster that this host is, or was, a member of. */
  get cluster(): string {
    return this.#cluster ?? "";
  }

  /** Undefined: this host has none, or has been in no cluster yet. */
  get tunnel(): TunnelEnd | undefined {
    const { cluster } = this;
    return cluster === "" || cluster === embedded ? undefined : this.self.tunnel?.(cluster);
  }

  /** Brings the record in step with the tunnel. Fails with STORE_AWAY. */
  async publishTunnel(): Promise<void> {
    const { store, storeName } = this.#parts;
    const what = "publish the key of this host's tunnel";
    for (;;) {
      const { key } = this.condition(what);
      const entry = await store.get(key);
      if (!entry) throw new EngineError("STORE_AWAY", { what, store: storeName, why: "this host has to join again" });
      const found = read<HostRecord>(entry);
      if (isSameTunnel(found.tunnel, this.tunnel)) return;
      const { tunnel: _old, ...rest } = found;
      const record: HostRecord = this.tunnel ? { ...found, tunnel: this.tunnel } : rest;
      const unchanged: Condition = { key, revision: entry.revision };
      const result = await store.txn([unchanged], [{ put: key, value: JSON.stringify(record) }]);
      if (!result.done) continue; // drained meanwhile, or taken out
      if (this.#revision !== undefined) this.#revision = Math.max(this.#revision, result.revision);
      return;
    }
  }

  /** Compares its address, which follows from the cluster, with that of the last call, and the record with the tunnel. True: it has moved. */
  compareTunnel(): boolean {
    const before = this.#tunnelAddress;
    this.#tunnelAddress = this.tunnel?.address;
    this.#finishPublication();
    return before !== this.#tunnelAddress;
  }

  /** A publication that was cut short is finished; one that was taken back, too. */
  #finishPublication(): void {
    const record = this.#parts.hosts.record(this.self.id);
    if (!this.joined || !record || isSameTunnel(record.tunnel, this.tunnel)) return;
    this.publishTunnel().catch((err: unknown) =>
      this.#parts.log.warn({ err }, "the key that other hosts know of this one is not its own yet"),
    );
  }

  async #write(record: HostRecord, before: number | undefined): Promise<void> {
    const key = keys.host(record.id);
    const condition: Condition = before === undefined ? { key, is: "absent" } : { key, revision: before };
    const result = await this.#parts.store.txn([condition], [{ put: key, value: JSON.stringify(record) }]);
    if (!result.done) await this.#enter();
    else this.#revision = result.revision;
  }

  #loseLease(lease: Lease): void {
    if (this.#lease !== lease) return;
    this.#renewedAt = this.#leaseTime(lease);
    this.#lease = undefined;
    // The record is written anew with the next lease: whoever counts how long this host has been silent begins anew.
    this.#revision = undefined;
    if (this.#stopped) return;
    this.#parts.log.warn(
      {},
      "the lease in the cluster's store is lost: other hosts do not answer for this one's names",
    );
    this.join().catch((err: unknown) => this.#parts.log.warn({ err }, "cannot join the cluster again yet"));
  }

  /** News of this host's own record, as of a revision: somebody changed it (drain), or took it away. */
  noteRecord(revision: number): void {
    this.#finishPublication();
    this.#notePresence(this.#parts.hosts.entry(this.self.id)?.revision, revision);
  }

  #notePresence(found: number | undefined, asOf: number): void {
    if (this.#revision === undefined || this.#stopped) return;
    if (found !== undefined) this.#revision = Math.max(this.#revision, found);
    if (found !== undefined || asOf < this.#revision) return;
    this.#revision = undefined;
    if (this.#joining) return; // that one finds out
    if (this.#lease) this.#giveBack(this.#lease);
    this.#lease = undefined;
    this.join().catch((err: unknown) => this.#parts.log.warn({ err }, "cannot join the cluster again yet"));
  }

  /** The journal's word may be older than the truth by a tenth of the margin: a host that starts on it fences early, never late. */
  noteIfDue(): void {
    const { now, graceSeconds } = this.#parts;
    if (now() - this.#notedAt > Math.min(60_000, graceSeconds * 1000 * marginShare * marginShare)) this.note();
  }

  /** Writes down how long ago the lease was renewed; to be called now and then, and at the end. */
  note(): void {
    const { journal, boot, now } = this.#parts;
    const { cluster } = this;
    this.#notedAt = now();
    const silent = this.silentMs;
    if (silent !== undefined) journal.remember({ epoch: this.#epoch, cluster, boot, renewedAt: now() - silent });
  }

  /** The lease is left to run out: who starts again within its time is never missed. */
  stop(): void {
    this.note();
    this.#end.abort();
  }

  /** Leaves for good: whatever this host has is the others' from now on. Fails like the store. */
  async quit(): Promise<void> {
    const { store } = this.#parts;
    this.#end.abort();
    await this.#joining; // what it wrote goes, too
    for (;;) {
      const entry = this.known ? await store.get(keys.host(this.self.id)) : undefined;
      if (!entry || (await leaveForGood(store, this.self.id, entry.revision))) break; // otherwise it was changed meanwhile
    }
    this.#revision = undefined;
    await this.#lease?.revoke();
  }
}

const isSameTunnel = (a: TunnelEnd | undefined, b: TunnelEnd | undefined): boolean =>
  a?.address === b?.address && a?.publicKey === b?.publicKey && a?.port === b?.port;
