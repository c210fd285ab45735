import assert from "node:assert/strict";
import { test } from "node:test";
import { testApi } from "../testing/api.ts";

const own = {
  ...{ id: "1".repeat(64), name: "lab", address: "10.0.0.1", mtu: 1500, state: "live", version: "0.1.0" },
  ...{ created: "2026-01-01T00:00:00.000Z", since: "2026-01-02T03:04:05.000Z" },
  ...{ epoch: 3, drained: false, self: true, seen: 90, lag: 0 },
};

test("GET /fairlead/hosts lists all hosts, says which one answers and how far each is", async () => {
  await using api = testApi();
  const { status, body } = await api.ask("GET", "/fairlead/hosts");
  assert.equal(status, 200);
  assert.deepEqual(body.hosts[0], own);
  assert.deepEqual(
    body.hosts.map(({ name, state, self, lag, drained }: typeof own) => [name, state, self, lag, drained]),
    [
      ["lab", "live", true, 0, false],
      ["next", "live", false, 7, true],
      ["old", "unknown", false, undefined, false],
    ],
  );
});

test("GET /fairlead/hosts/{reference} takes name, id and prefix; a host that is not there is a 404 naming those that are", async () => {
  await using api = testApi();
  const found = await Promise.all(["lab", own.id, "11"].map((name) => api.ask("GET", `/fairlead/hosts/${name}`)));
  assert.deepEqual(
    found.map(({ status, body }) => [status, body]),
    [
      [200, own],
      [200, own],
      [200, own],
    ],
  );
  const { status, body } = await api.ask("GET", "/fairlead/hosts/nobody");
  assert.deepEqual([status, body.message], [404, "host nobody not found in the cluster: known are lab, next, old"]);
});

test("DELETE /fairlead/hosts/{reference} takes a host out, and is a 409 with the reason for a live one", async () => {
  await using api = testApi();
  const [gone, refused] = [
    await api.ask("DELETE", "/fairlead/hosts/old"),
    await api.ask("DELETE", "/fairlead/hosts/lab"),
  ];
  assert.deepEqual([gone.status, gone.body, api.engine.cluster.calls], [200, {}, [["removeHost", "old"]]]);
  assert.deepEqual([refused.status, refused.body.message], [409, "Cannot remove host lab: its daemon is there"]);
});

test("POST /fairlead/hosts/{reference}/drain drains and takes it back, and is a 503 while the store is away", async () => {
  await using api = testApi();
  for (const drained of [true, false]) await api.ask("POST", "/fairlead/hosts/next/drain", { drained });
  assert.deepEqual(api.engine.cluster.calls, [
    ["drainHost", "next", true],
    ["drainHost", "next", false],
  ]);
  api.engine.cluster.present = { ...api.engine.cluster.present, state: "away", connected: false, why: "no answer" };
  const away = await api.ask("POST", "/fairlead/hosts/next/drain", { drained: true });
  assert.equal(away.status, 503);
  assert.match(
    away.body.message,
    /^Cannot drain: the cluster's store at etcd:\/\/10\.0\.0\.1:2379\/fairlead does not answer/,
  );
});

for (const body of [{}, { drained: "yes" }, []]) {
  test(`POST /fairlead/hosts/{reference}/drain refuses ${JSON.stringify(body)}`, async () => {
    await using api = testApi();
    const answer = await api.ask("POST", "/fairlead/hosts/next/drain", body);
    assert.equal(answer.status, 400);
    assert.match(answer.body.message, /^invalid request: (body|drained) must/);
    assert.deepEqual(api.engine.cluster.calls, []);
  });
}

test("GET /fairlead/cluster says how the store and this host in it are", async () => {
  await using api = testApi();
  const { body } = await api.ask("GET", "/fairlead/cluster");
  assert.deepEqual(body, {
    ...{ state: "connected", connected: true, why: "", since: "2026-01-02T03:04:05.000Z" },
    ...{ seen: 90, lag: 0, waiting: 2, outages: 4 },
    store: {
      ...{ address: "etcd://10.0.0.1:2379/fairlead", version: "etcd 3.5.16", revision: 120 },
      members: [{ name: "a", endpoint: "10.0.0.1:2379", leader: true }],
      warnings: ["the database is almost full"],
    },
    host: { id: own.id, name: "lab", address: "10.0.0.1", epoch: 3 },
    hosts: { live: 2, unknown: 1 },
  });
});

test("GET /fairlead/cluster of a host that no record is known of yet names it all the same", async () => {
  await using api = testApi();
  api.engine.cluster.all = [];
  const { body } = await api.ask("GET", "/fairlead/cluster");
  assert.deepEqual([body.host.name, body.host.address, body.hosts], ["lab", "", { live: 0, unknown: 0 }]);
});
