import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { EngineError } from "../base/errors.ts";
import { silentLog } from "../base/log.ts";
import type { News, Write } from "../contracts/cluster-store.ts";
import { openStore } from "../store/sqlite.ts";
import { openEmbeddedStore } from "./embedded/store.ts";
import { drainHost } from "./host-commands.ts";
import { HostsView } from "./hosts-view.ts";
import { Journal } from "./journal.ts";
import { keys } from "./keys.ts";
import { Member } from "./member.ts";
import { reclaimHost } from "./reclaim.ts";
import { type HostRecord, read } from "./records.ts";
import { Interposed } from "./testing/interposed.ts";
import { values, withCode } from "./testing/subject.ts";

const id = "1".repeat(64);
const self = { id, name: "host1", vtep: "192.0.2.1", mtu: 1500, version: "0.0.0", since: "2026-01-01T00:00:00Z" };
const away = (): never => {
  throw new EngineError("STORE_AWAY", { what: "go on", store: "test", why: "a test says so" });
};

/** A member on a store of its own, which hears of its record when the test lets it. */
class Subject implements AsyncDisposable {
  readonly #folder = mkdtempSync(join(tmpdir(), "fairlead-member-"));
  readonly #disk = openStore(join(this.#folder, "shared.db"));
  readonly #own = openStore(join(this.#folder, "own.db"));
  readonly store = openEmbeddedStore(this.#disk, silentLog);
  readonly between = new Interposed(this.store);
  readonly hosts = new HostsView((error) => assert.fail(String(error)));
  readonly journal = new Journal(this.#own);
  /** What onJoined() was told, in order. */
  readonly joins: boolean[] = [];
  readonly #end = new AbortController();
  readonly #news: News[] = [];
  #arrived = Promise.withResolvers<void>();
  member: Member;

  constructor() {
    this.member = this.#start();
    this.store.follow(keys.hosts, (news) => this.#arrive(news), this.#end.signal);
  }

  #start(): Member {
    const { journal, hosts } = this;
    const member = new Member(self, {
      ...{ store: this.between.store, hosts, journal, log: silentLog, storeName: "test", boot: "boot" },
      ...{ leaseSeconds: 0.2, graceSeconds: 3600, now: () => performance.now() },
    });
    member.onJoined = (anew) => this.joins.push(anew);
    return member;
  }

  /** As a daemon that is killed and started again. */
  restart(): Member {
    this.member.stop();
    this.member = this.#start();
    return this.member;
  }

  #arrive(news: News): void {
    this.#news.push(news);
    this.#arrived.resolve();
  }

  /** Lets the member hear all there is, as the cluster does; waits for news when there are none. */
  async hear(): Promise<void> {
    if (this.#news.length === 0) await this.#arrived.promise;
    this.#arrived = Promise.withResolvers();
    for (const news of this.#news.splice(0)) {
      const changed = this.hosts.takeHosts(news);
      if ("revision" in news && changed.has(id)) this.member.noteRecord(news.revision);
    }
  }

  record = async (): Promise<HostRecord | undefined> => {
    const entry = await this.store.get(keys.host(id));
    return entry && read<HostRecord>(entry);
  };

  drain = async (): Promise<void> => {
    const entry = await this.store.get(keys.host(id));
    assert.ok(entry);
    const value = JSON.stringify({ ...read<HostRecord>(entry), drained: true });
    await this.store.txn([], [{ put: entry.key, value }]);
  };

  takeOut = async (): Promise<void> => {
    const entry = await this.store.get(keys.host(id));
    assert.ok(entry && (await reclaimHost(this.store, id, entry.revision)));
  };

  /** Does this just before (after) the member puts its sign of life. */
  atSignOfLife(side: "before" | "after", what: () => unknown): void {
    this.between[side]("txn", (_conditions, writes) => isSignOfLife(writes as Write[]) && what());
  }

  /** One lease, the sign of life under it, and a condition that holds. */
  async isJoined(): Promise<void> {
    await new Promise(setImmediate); // what was given back is given back without being waited for
    assert.equal(this.between.held, 1);
    assert.equal(this.member.joined, true);
    assert.ok(await this.store.get(keys.liveOf(id)));
    const result = await this.store.txn([this.member.condition("check")], []);
    assert.equal(result.done, true, "the member's condition holds");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort();
    this.member.stop();
    await this.store.close();
    this.#disk.close();
    this.#own.close();
    rmSync(this.#folder, { recursive: true });
  }
}

const isSignOfLife = (writes: readonly Write[]): boolean =>
  writes.some((write) => "put" in write && write.put === keys.liveOf(id));

test("join() asked for several times at once, and again, is one join", async () => {
  await using lab = new Subject();
  await Promise.all([lab.member.join(), lab.member.join()]);
  await lab.member.join();
  assert.deepEqual(lab.joins, [false]);
  assert.equal((await lab.record())?.epoch, 1);
  await lab.isJoined();
});

test("join() survives that the host is drained between its record and its sign of life", async () => {
  await using lab = new Subject();
  lab.atSignOfLife("before", lab.drain);
  await lab.member.join();
  assert.deepEqual([(await lab.record())?.drained, lab.member.epoch, lab.joins], [true, 1, [false]]);
  await lab.isJoined();
});

test("join() begins anew when the host is taken out between its record and its sign of life, heard of or not", async () => {
  for (const heard of [false, true]) {
    await using lab = new Subject();
    await lab.hear();
    lab.atSignOfLife("before", async () => {
      await lab.takeOut();
      if (heard) await lab.hear();
    });
    await lab.member.join();
    assert.deepEqual([(await lab.record())?.epoch, lab.member.epoch, lab.joins], [2, 2, [true]]);
    await lab.isJoined();
  }
});

test("join() begins anew when it hears that the host was taken out just after its sign of life", async () => {
  await using lab = new Subject();
  await lab.hear();
  lab.atSignOfLife("after", async () => {
    await lab.takeOut();
    await lab.hear();
  });
  await lab.member.join();
  assert.deepEqual([(await lab.record())?.epoch, lab.joins], [2, [true]]);
  await lab.isJoined();
});

for (const [name, side] of [
  ["fails", "before"],
  ["is carried out without an answer", "after"],
] as const) {
  test(`join() whose sign of life ${name} fails, keeps no lease, and works the next time`, async () => {
    await using lab = new Subject();
    lab.atSignOfLife(side, away);
    await assert.rejects(lab.member.join(), withCode("STORE_AWAY"));
    await new Promise(setImmediate);
    assert.deepEqual([lab.member.joined, lab.between.held, lab.joins], [false, 0, []]);
    await lab.member.join();
    assert.deepEqual([(await lab.record())?.epoch, lab.joins], [1, [false]]);
    await lab.isJoined();
  });
}

test("join() that fails after the record was written anew still tells that it is anew, later", async () => {
  await using lab = new Subject();
  await lab.member.join();
  await lab.takeOut();
  const again = lab.restart();
  lab.between.before("grant", away);
  await assert.rejects(again.join(), withCode("STORE_AWAY"));
  await again.join();
  assert.deepEqual([(await lab.record())?.epoch, lab.joins], [2, [false, true]]);
});

test("join() ends without having joined when the member is stopped meanwhile", async () => {
  for (const call of ["list", "grant", "txn"] as const) {
    await using lab = new Subject();
    lab.between.after(call, () => lab.member.stop());
    await lab.member.join();
    await new Promise(setImmediate);
    assert.deepEqual([lab.member.joined, lab.between.held, lab.joins], [false, 0, []], call);
    assert.deepEqual(await values(lab.store, keys.live), {}, call);
  }
});

test("quit() while joining takes out what the join has written", async () => {
  for (const call of ["list", "grant", "txn"] as const) {
    await using lab = new Subject();
    const { promise: quitting, resolve } = Promise.withResolvers<void>();
    lab.between.before(call, () => {
      resolve(lab.member.quit());
    });
    await Promise.all([lab.member.join(), quitting]);
    await new Promise(setImmediate);
    const left = { ...(await values(lab.store, keys.hosts)), ...(await values(lab.store, keys.live)) };
    assert.deepEqual([left, lab.between.held], [{}, 0], call);
  }
});

test("quit() takes the host out though its record was changed meanwhile, unheard of", async () => {
  await using lab = new Subject();
  await lab.member.join();
  await lab.drain();
  lab.between.before("txn", lab.drain);
  await lab.member.quit();
  assert.deepEqual(await values(lab.store, keys.hosts), {});
  assert.deepEqual(await values(lab.store, keys.live), {});
});

test("a lease that is lost is followed by another join, with the same epoch", async () => {
  await using lab = new Subject();
  await lab.member.join();
  await lab.member.lease?.revoke();
  await lab.member.join();
  assert.deepEqual([lab.joins, lab.member.epoch], [[false, false], 1]);
  await lab.isJoined();
});

test("noteRecord() takes up a change of the record, and joins anew when it is gone", async () => {
  await using lab = new Subject();
  await lab.member.join();
  await lab.hear();
  await drainHost(lab.store, lab.hosts, { reference: "host1", drained: true });
  await lab.hear();
  await lab.isJoined();
  await lab.takeOut();
  await lab.hear();
  assert.equal(lab.member.joined, false);
  await lab.member.join();
  assert.deepEqual([lab.joins, lab.member.epoch], [[false, true], 2]);
  await lab.isJoined();
});

test("noteRecord() of a removal that the host has found out by itself, and undone, changes nothing", async () => {
  await using lab = new Subject();
  await lab.member.join();
  await lab.hear();
  await lab.takeOut();
  await lab.member.lease?.revoke();
  await lab.member.join(); // finds its record gone
  const { lease } = lab.member;
  lab.hosts.takeHosts({ kind: "changes", puts: [], deletes: [keys.host(id)], revision: 0 });
  const removedAt = (await lab.store.get(keys.host(id)))?.revision ?? 0;
  lab.member.noteRecord(removedAt - 1);
  assert.equal(lab.member.joined, true);
  await lab.hear();
  assert.equal(lab.member.lease, lease);
  assert.deepEqual([lab.joins, lab.member.epoch], [[false, true], 2]);
});

const twin: HostRecord = {
  ...{ id: "2".repeat(64), name: "twin", vtep: self.vtep },
  ...{ epoch: 1, mtu: 1500, created: "2026-01-01T00:00:00Z", drained: false },
};
const putTwin = (more: Partial<HostRecord> = {}): Write => ({
  put: keys.host(twin.id),
  value: JSON.stringify({ ...twin, ...more }),
});
const twinLives: Write = { put: keys.liveOf(twin.id), value: JSON.stringify({ epoch: 1, since: "", version: "" }) };

test("join() is refused while another host at its address is live, and not when the store goes away meanwhile", async () => {
  await using lab = new Subject();
  await lab.store.txn([], [putTwin(), twinLives]);
  lab.between.before("get", (key) => key === twinLives.put && away());
  await assert.rejects(lab.member.join(), withCode("STORE_AWAY"));
  await assert.rejects(lab.member.join(), withCode("INVALID"));
  assert.deepEqual(Object.keys(await values(lab.store, keys.hosts)), [keys.host(twin.id)]);
});

test("join() does not outwait another host at its address when the member is stopped", async () => {
  await using lab = new Subject();
  await lab.store.txn([], [putTwin(), twinLives]);
  lab.between.after("get", (key) => key === twinLives.put && lab.member.stop());
  await lab.member.join();
  assert.deepEqual(Object.keys(await values(lab.store, keys.hosts)), [keys.host(twin.id)]);
});

test("join() looks again at a host at its address that changed while it was taken out", async () => {
  await using lab = new Subject();
  await lab.store.txn([], [putTwin()]);
  lab.between.before("txn", async (_conditions, writes) => {
    const [write] = writes as Write[];
    if (!write || !("delete" in write)) return false;
    return lab.store.txn([], [putTwin({ drained: true })]);
  });
  await lab.member.join();
  assert.deepEqual(Object.keys(await values(lab.store, keys.hosts)), [keys.host(id)]);
  await lab.isJoined();
});

test("a member that was killed before it ever had a lease starts fenced: no time of a renewal is made up", async () => {
  await using lab = new Subject();
  lab.between.before("grant", away);
  await assert.rejects(lab.member.join(), withCode("STORE_AWAY"));
  const again = lab.restart();
  assert.deepEqual([again.known, again.fenced], [true, true]);
  await again.join();
  assert.equal(again.fenced, false);
  again.note();
  assert.equal(lab.restart().fenced, false);
});
