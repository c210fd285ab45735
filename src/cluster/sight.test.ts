import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../base/errors.ts";
import type { News } from "../contracts/cluster-store.ts";
import { HostsView } from "./hosts-view.ts";
import { keys } from "./keys.ts";
import { Sight } from "./sight.ts";
import { draft, TestCluster } from "./testing/hosts.ts";

const fail = (error: unknown) => {
  throw error;
};

const news = (revision: number): News => ({ kind: "changes", puts: [], deletes: ["live/gone"], revision });

/** A host's sight on the store of a lab, with a lease that can be exchanged. */
async function sightOn({ store }: TestCluster) {
  const member = {
    self: { id: "a" },
    lease: await store.grant(10),
    condition: () => ({ key: "hosts/a", is: "present" }),
  };
  await store.txn([], [{ put: "hosts/a", value: "{}" }]);
  const parts = { store, member, hosts: new HostsView(fail), connected: () => true, onUnreadable: fail };
  const told = async () => (await store.get(keys.seenBy("a")))?.value;
  return { sight: new Sight(parts as never), member, told };
}

test("Sight tells what it has followed at once, then every 15 s at most, and only when that has changed", async () => {
  await using lab = new TestCluster();
  const { sight, told } = await sightOn(lab);
  const steps: [now: number, revision: number, told: string][] = [
    [0, 7, '{"revision":7}'],
    [1_000, 8, '{"revision":7}'],
    [14_999, 9, '{"revision":7}'],
    [15_000, 9, '{"revision":9}'],
    [60_000, 9, '{"revision":9}'],
    [60_001, 10, '{"revision":10}'],
  ];
  for (const [now, revision, expected] of steps) {
    sight.note(news(revision));
    await sight.tell(now);
    assert.equal(await told(), expected, `at ${now}`);
  }
  const before = await lab.store.get(keys.seenBy("a"));
  await sight.tell(200_000);
  assert.deepEqual(await lab.store.get(keys.seenBy("a")), before, "written again though nothing had changed");
});

test("Sight tells anew under another lease, and nothing without one or when the host was taken out", async () => {
  await using lab = new TestCluster();
  const { sight, member, told } = await sightOn(lab);
  sight.note(news(7));
  await sight.tell(0);
  await member.lease.revoke();
  assert.equal(await told(), undefined);
  member.lease = await lab.store.grant(10);
  await sight.tell(1);
  assert.equal(await told(), '{"revision":7}');
  await member.lease.revoke();
  member.lease = await lab.store.grant(10);
  await lab.store.txn([], [{ delete: "hosts/a" }]);
  await sight.tell(2);
  member.lease = undefined as never;
  await sight.tell(3);
  assert.equal(await told(), undefined);
});

test("surveyHosts() tells how far each host is behind the newest revision that all follow", async () => {
  await using lab = new TestCluster();
  const [one, two] = [await lab.host(1), await lab.host(2)];
  await one.cluster.createNetwork(draft("a", "10.0.9.0/24"));
  await two.told.until(() => two.told.networks.length === 1);
  const { seen } = two.cluster.state();
  // As if host 2 had been told of nothing for a while.
  await lab.store.txn([], [{ put: keys.seenBy(two.cluster.hostId), value: JSON.stringify({ revision: seen - 3 }) }]);
  const hosts = await one.cluster.surveyHosts();
  assert.deepEqual(
    hosts.map(({ name, seen, lag }) => [name, seen, lag]),
    [
      ["host1", seen, 0],
      ["host2", seen - 3, 3],
    ],
  );
  assert.deepEqual(
    (await one.cluster.surveyHosts("host2")).map(({ name }) => name),
    ["host2"],
  );
});

test("surveyHosts() does not count what only some hosts follow", async () => {
  await using lab = new TestCluster();
  const one = await lab.host(1);
  const network = await one.cluster.createNetwork(draft("a", "10.0.9.0/24"));
  await one.told.until(() => one.told.networks.length === 1);
  await one.cluster.reserve(network, { family: 4, owner: "container web" });
  const { lag, store, seen } = await one.cluster.status();
  assert.deepEqual([lag, store.revision > seen], [0, true]);
});

test("surveyHosts() refuses what no host or several have as name or id", async () => {
  await using lab = new TestCluster();
  const [one] = [await lab.host(1), await lab.host(2)];
  const code = (code: string) => (error: unknown) => error instanceof EngineError && error.code === code;
  await assert.rejects(one.cluster.surveyHosts("nobody"), code("CLUSTER_HOST_NOT_FOUND"));
  await assert.rejects(one.cluster.surveyHosts(""), code("CLUSTER_HOST_NOT_FOUND"));
});

test("surveyHosts() and status() say what this host knows by itself while the store is away", async () => {
  await using lab = new TestCluster();
  const away = new EngineError("STORE_AWAY", { what: "list", store: "test", why: "cut" });
  let cut = false;
  const store = new Proxy(lab.store, {
    get(of, key) {
      const value: unknown = Reflect.get(of, key);
      if (typeof value !== "function") return value;
      return cut && (key === "list" || key === "status") ? () => Promise.reject(away) : value.bind(of);
    },
  });
  const one = await lab.host(1, { store });
  cut = true;
  const hosts = await one.cluster.surveyHosts();
  const { lag, store: found, connected } = await one.cluster.status();
  assert.deepEqual(
    hosts.map(({ name, seen }) => [name, seen]),
    [["host1", undefined]],
  );
  assert.equal(connected, true); // its news go on: that it answers nothing is to be said
  assert.deepEqual([lag, found.revision, found.warnings, found.address], [undefined, 0, [away.message], "test"]);
});
