import assert from "node:assert/strict";
import { performance } from "node:perf_hooks";
import { after, before, test } from "node:test";
import { newestEtcd } from "../../../lab/etcd.ts";
import { silentLog } from "../../base/log.ts";
import type { ClusterStore } from "../../contracts/cluster-store.ts";
import { EtcdNetwork } from "../testing/etcd-network.ts";
import { Follower } from "../testing/follower.ts";
import { renewedSince } from "../testing/lease-tests.ts";
import { values, withCode, write } from "../testing/subject.ts";
import { type EtcdOptions, openEtcdStore } from "./store.ts";

let network: EtcdNetwork;
before(async () => {
  network = await EtcdNetwork.create(newestEtcd());
});
after(() => network[Symbol.asyncDispose]());

let used = 0;
const nextPrefix = (): string => `faults${++used}`;

interface Client extends AsyncDisposable {
  readonly store: ClusterStore;
}

function client(prefix: string, endpoints: readonly string[], options: EtcdOptions = {}): Client {
  const store = openEtcdStore({ kind: "etcd", endpoints, prefix }, silentLog, { scatterMs: 50, ...options });
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

/** Writes until it has worked: what failed with STORE_AWAY may have been carried out. */
async function insist(store: ClusterStore, key: string, value: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      await write(store, { put: key, value });
      return;
    } catch (error) {
      if (!withCode("STORE_AWAY")(error) || attempt === 20) throw error;
    }
  }
}

test("etcd: killing the leader loses no acknowledged write, no change and no lease", { timeout: 60_000 }, async () => {
  const prefix = nextPrefix();
  const leader = await network.leader();
  await using one = client(prefix, network.endpoints());
  // Its endpoint is the one that dies.
  const endpoints = [leader.endpoint, ...network.endpoints().filter((endpoint) => endpoint !== leader.endpoint)];
  await using two = client(prefix, endpoints);
  using follower = new Follower(two.store, "");
  const lease = await two.store.grant(20);
  await write(two.store, { put: "alive", value: "1", lease });
  await follower.untilValue("alive", "1");
  await leader.kill();
  const killed = performance.now();
  for (let n = 0; n < 100; n++) await insist(one.store, `k${n % 10}`, `${n}`);
  await follower.untilValue("k9", "99");
  assert.deepEqual(follower.values(), await values(two.store));
  await renewedSince(lease, killed);
  const status = await one.store.status();
  assert.equal(status.members.filter((member) => member.leader).length, 1);
  assert.match(status.warnings.join(), new RegExp(`member at ${leader.endpoint} does not answer`));
  await leader.start();
  await lease.revoke();
});

test("etcd: a member cut off from the others is noticed; back, nothing is missing", { timeout: 60_000 }, async () => {
  const prefix = nextPrefix();
  await using stuck = client(prefix, [network.members.m1.endpoint], { timeoutMs: 3_000 });
  await using other = client(prefix, network.endpoints("m2"));
  using follower = new Follower(stuck.store, "");
  await write(other.store, { put: "a", value: "1" });
  await follower.untilValue("a", "1");
  const cut = network.cut("m1");
  await follower.until(({ kinds }) => kinds.at(-1) === "away");
  await assert.rejects(stuck.store.get("a"), withCode("STORE_AWAY"));
  await assert.rejects(write(stuck.store, { put: "a", value: "lost" }), withCode("STORE_AWAY"));
  await insist(other.store, "a", "2");
  await write(other.store, { put: "b", value: "2" });
  cut[Symbol.dispose]();
  await follower.untilValue("b", "2");
  assert.match(follower.kinds.slice(follower.kinds.indexOf("away")).join(" "), /^away (back changes|snapshot)/);
  assert.deepEqual(follower.values(), { a: "2", b: "2" });
});

test("etcd: who is at a member that is cut off goes on at another, without a word", { timeout: 60_000 }, async () => {
  const prefix = nextPrefix();
  await using moving = client(prefix, network.endpoints("m1"));
  await using other = client(prefix, [network.members.m2.endpoint]);
  using follower = new Follower(moving.store, "");
  const lease = await moving.store.grant(20);
  await write(moving.store, { put: "a", value: "1", lease });
  await follower.untilValue("a", "1");
  using _cut = network.cut("m1");
  const began = performance.now();
  await insist(other.store, "b", "2");
  await follower.untilValue("b", "2");
  assert.deepEqual(await values(moving.store), { a: "1", b: "2" });
  await renewedSince(lease, began);
  assert.deepEqual([...new Set(follower.kinds)], ["snapshot", "changes"]);
});

test("etcd: a link that went silent is noticed; back, nothing is missing", { timeout: 60_000 }, async () => {
  const prefix = nextPrefix();
  await using stuck = client(prefix, [network.members.m1.endpoint], { timeoutMs: 2_000 });
  await using other = client(prefix, network.endpoints("m2"));
  using follower = new Follower(stuck.store, "");
  await insist(other.store, "a", "1");
  await follower.untilValue("a", "1");
  const silence = network.mute("m1");
  await follower.until(({ kinds }) => kinds.at(-1) === "away");
  await insist(other.store, "a", "2");
  silence[Symbol.dispose]();
  await follower.untilValue("a", "2");
});

test("etcd: a lease is kept alive through another member when a link went silent", { timeout: 60_000 }, async () => {
  await using moving = client(nextPrefix(), network.endpoints("m1"));
  const lease = await moving.store.grant(9);
  await write(moving.store, { put: "alive", value: "1", lease });
  using _silence = network.mute("m1");
  await renewedSince(lease, performance.now());
  assert.equal((await moving.store.get("alive"))?.value, "1");
});

test("etcd: who was away during a compaction gets a snapshot", { timeout: 60_000 }, async () => {
  const prefix = nextPrefix();
  const { m1, m2 } = network.members;
  await using stuck = client(prefix, [m1.endpoint]);
  await using other = client(prefix, network.endpoints("m2"));
  using follower = new Follower(stuck.store, "");
  await write(other.store, { put: "a", value: "1" }, { put: "gone", value: "1" });
  await follower.untilValue("gone", "1");
  await m1.kill();
  await follower.until(({ kinds }) => kinds.at(-1) === "away");
  await insist(other.store, "a", "2");
  await write(other.store, { delete: "gone" });
  const revision = await write(other.store, { put: "a", value: "3" });
  await m2.request("kv/compaction", { revision, physical: true });
  await m1.start();
  await follower.untilValue("a", "3");
  assert.deepEqual(follower.kinds.slice(follower.kinds.indexOf("away")), ["away", "snapshot"]);
  assert.deepEqual(follower.values(), { a: "3" });
});

test("etcd: a watch is not trusted for ever: all is told anew from time to time", { timeout: 60_000 }, async () => {
  const prefix = nextPrefix();
  await using one = client(prefix, network.endpoints(), { relistMs: 100 });
  using follower = new Follower(one.store, "");
  const snapshots = (): number => follower.kinds.filter((kind) => kind === "snapshot").length;
  let written = 0;
  for (; snapshots() < 6; written++) await write(one.store, { put: `k${written % 5}`, value: `${written}` });
  await follower.untilValue(`k${(written - 1) % 5}`, `${written - 1}`);
  assert.deepEqual(follower.values(), await values(one.store));
  assert.deepEqual([...new Set(follower.kinds)].sort(), ["changes", "snapshot"]);
});

test("etcd: list() of many pages survives that its revision is compacted meanwhile", { timeout: 60_000 }, async () => {
  const prefix = nextPrefix();
  await using one = client(prefix, network.endpoints());
  const value = "x".repeat(8_000);
  const keys = Array.from({ length: 1_500 }, (_, n) => `k${n}`);
  for (let from = 0; from < keys.length; from += 100) {
    await write(one.store, ...keys.slice(from, from + 100).map((key) => ({ put: key, value })));
  }
  const listing = one.store.list("");
  const revision = await write(one.store, { put: "later", value: "1" });
  await network.members.m2.request("kv/compaction", { revision });
  const { entries } = await listing;
  assert.equal(entries.filter(({ key }) => key.startsWith("k")).length, keys.length);
});
