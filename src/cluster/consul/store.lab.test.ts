import assert from "node:assert/strict";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, test } from "node:test";
import { ConsulServer, lacksConsul } from "../../../lab/consul.ts";
import { silentLog } from "../../base/log.ts";
import type { ClusterStore } from "../../contracts/cluster-store.ts";
import { Follower } from "../testing/follower.ts";
import { found, values, withCode, write } from "../testing/subject.ts";
import { type ConsulOptions, openConsulStore } from "./store.ts";

if (lacksConsul) {
  test("Consul: what is special about it", { skip: lacksConsul });
} else {
  const server = await ConsulServer.start();
  after(() => server[Symbol.asyncDispose]());

  const openAt = (endpoints: string[], prefix: string, options?: ConsulOptions): ClusterStore & AsyncDisposable => {
    const store = openConsulStore({ kind: "consul", endpoints, prefix }, silentLog, options);
    return Object.assign(store, { [Symbol.asyncDispose]: () => store.close() });
  };
  const open = (prefix: string, options?: ConsulOptions) => openAt([server.endpoint], prefix, options);

  test("consul: a transaction of deletes only gives the revision of the deletion", async () => {
    await using store = open("deletes");
    const before = await write(store, { put: "a", value: "1" }, { put: "b", value: "1" });
    using follower = new Follower(store, "");
    await follower.untilValue("b", "1");
    const revision = await write(store, { delete: "a" }, { delete: "b" });
    assert.ok(revision > before);
    await follower.untilValue("a", undefined);
    assert.deepEqual(follower.news.at(-1), { kind: "changes", puts: [], deletes: ["a", "b"], revision });
    const many = Array.from({ length: store.limits.operations }, (_, n) => ({ delete: `n/${n}` }));
    assert.ok((await write(store, ...many)) > revision);
  });

  test("CONSUL-6 consul: a lease is a session of at least 10 s whose keys go with it, without a lock delay", async () => {
    await using store = open("sessions");
    const lease = await store.grant(1);
    const [session] = await server.api<Record<string, unknown>[]>("GET", `/session/info/${lease.id}`);
    const { TTL, Behavior, LockDelay, NodeChecks } = session ?? {};
    assert.deepEqual(
      { TTL, Behavior, LockDelay, NodeChecks },
      { TTL: "10s", Behavior: "delete", LockDelay: 0, NodeChecks: [] },
    );
    await lease.revoke();
  });

  test("consul: a session that somebody destroys is a lost lease at the next renewal", async () => {
    await using store = open("destroyed");
    const lease = await store.grant(10);
    await write(store, { put: "a", value: "1", lease });
    await server.api("PUT", `/session/destroy/${lease.id}`);
    await lease.lost;
    assert.deepEqual(await values(store), {});
    await assert.rejects(write(store, { put: "a", value: "1", lease }), withCode("STORE_REFUSED"));
  });

  test("consul: keys of leases change hands in one transaction, together with conditions", async () => {
    await using store = open("hands");
    const [first, second] = [await store.grant(10), await store.grant(10)];
    const revision = await write(store, { put: "a", value: "1", lease: first }, { put: "b", value: "1", lease: first });
    const both = [
      { put: "a", value: "2", lease: second },
      { put: "b", value: "2", lease: second },
    ] as const;
    const refused = await store.txn([{ key: "a", is: "absent" }], both);
    assert.deepEqual(found(refused), { a: "1" });
    assert.equal((await store.txn([{ key: "a", revision }], both)).done, true);
    await first.revoke();
    assert.deepEqual(await values(store), { a: "2", b: "2" });
    await second.revoke();
    assert.deepEqual(await values(store), {});
  });

  test("consul: what others keep below the prefix as folders is no entry", async () => {
    await using store = open("folders");
    await server.api("PUT", "/kv/folders/"); // as Consul's web page does
    await server.api("PUT", "/kv/folders/hosts/");
    using follower = new Follower(store, "");
    await write(store, { put: "hosts/a", value: "1" });
    await follower.untilValue("hosts/a", "1");
    assert.deepEqual(await values(store), { "hosts/a": "1" });
  });

  test("CONSUL-5 consul: a server that stands still is away within seconds, and what changed meanwhile is told after", async () => {
    await using store = open("frozen", { timeoutMs: 1_000, pulseMs: 500 });
    await using other = open("frozen");
    await write(store, { put: "a", value: "1" });
    using follower = new Follower(store, "");
    await follower.untilValue("a", "1");
    server.freeze();
    await follower.until(({ kinds }) => kinds.includes("away"));
    await assert.rejects(store.get("a"), withCode("STORE_AWAY"));
    server.thaw();
    await write(other, { put: "a", value: "2" });
    await follower.untilValue("a", "2");
    assert.equal(follower.kinds.at(0), "snapshot");
    assert.equal(follower.kinds.filter((kind) => kind === "snapshot").length, 1);
  });

  test("CONSUL-4 consul: calls go to the next agent when the first is not there, and followers with them", async () => {
    await using silent = await listening(() => {}); // takes connections and says nothing
    await using store = openAt(["127.0.0.1:1", silent.endpoint, server.endpoint], "several", { timeoutMs: 3_000 });
    // Nobody listens at the first: the second may get it. The second may have carried it out: the third must not.
    await assert.rejects(write(store, { put: "a", value: "1" }), withCode("STORE_AWAY"));
    assert.equal(await store.get("a"), undefined);
    using follower = new Follower(store, "");
    await write(store, { put: "a", value: "2" });
    await follower.untilValue("a", "2");
    await using reader = openAt([silent.endpoint, server.endpoint], "several", { timeoutMs: 2_000 });
    assert.equal((await reader.get("a"))?.value, "2"); // a read may be asked twice
    await using nowhere = openAt(["127.0.0.1:1", "127.0.0.1:2"], "several");
    const why = /127.0.0.1:1: connection refused; 127.0.0.1:2: connection refused/;
    await assert.rejects(nowhere.get("a"), (error) => withCode("STORE_AWAY")(error) && why.test(String(error)));
  });

  test("CONSUL-4 consul: a write on a connection that served others before is not sent twice either", async () => {
    const done = JSON.stringify({ Results: [{ KV: { Key: "twice/a", Value: null, ModifyIndex: 7 } }], Errors: null });
    const connections = 48; // as many as there are for calls
    const held: ServerResponse[] = [];
    await using first = await listening((_request, response) => {
      // All first ones are answered at once; those that get their connections then are not.
      if (held.push(response) === connections) for (const each of held) each.writeHead(200).end(done);
    });
    let asked = 0;
    await using second = await listening((_request, response) => {
      asked += 1;
      response.writeHead(200).end(done);
    });
    await using store = openAt([first.endpoint, second.endpoint], "twice", { timeoutMs: 1_000 });
    const writes = Array.from({ length: 60 }, () => write(store, { put: "a", value: "1" }));
    const results = await Promise.allSettled(writes);
    assert.equal(results.filter(({ status }) => status === "rejected").length, 12);
    assert.equal(asked, 0);
  });

  test("CONSUL-7 consul: another server's 404 is no empty store", async () => {
    await using stranger = await listening((_request, response) => response.writeHead(404).end("not here"));
    await using store = openAt([stranger.endpoint], "stranger");
    for (const call of [store.get("a"), store.list(""), store.txn([{ key: "a", is: "present" }], [])]) {
      await assert.rejects(call, (error) => withCode("STORE_REFUSED")(error) && /no Consul/.test(String(error)));
    }
    await assert.rejects(write(store, { put: "a", value: "1" }), withCode("STORE_REFUSED"));
  });

  test("CONSUL-8 consul: more followers than connections all hear in turn", { timeout: 60_000 }, async () => {
    await using store = open("many");
    const follow = (count: number, from: number) =>
      Array.from({ length: count }, (_, n) => new Follower(store, `p${from + n}/`));
    const early = follow(140, 0);
    await Promise.all(early.map((follower) => follower.until(({ news }) => news.length > 0)));
    const late = follow(20, 140); // when the others wait already, for minutes
    await Promise.all(late.map((follower) => follower.until(({ news }) => news.length > 0)));
    const followers = [...early, ...late];
    await Promise.all(followers.map((_, n) => write(store, { put: `p${n}/a`, value: "1" })));
    await Promise.all(followers.map((follower, n) => follower.untilValue(`p${n}/a`, "1")));
    for (const { kinds } of followers) assert.equal(kinds.filter((kind) => kind === "snapshot").length, 1);
    for (const follower of followers) follower[Symbol.dispose]();
  });

  test("consul: a store that lost its data is told anew, and its leases are lost", async () => {
    await using forgetful = await ConsulServer.start({ address: "127.0.0.9" });
    await using store = openAt([forgetful.endpoint], "forgotten");
    using follower = new Follower(store, "");
    const lease = await store.grant(20);
    for (const value of ["1", "2", "3"]) await write(store, { put: "a", value }, { put: "b", value, lease });
    await follower.untilValue("b", "3");
    await forgetful.lose();
    await follower.until(({ kinds }) => kinds.includes("away"));
    await forgetful.start();
    await follower.untilValue("b", undefined);
    await lease.lost;
    await write(store, { put: "a", value: "3" });
    await follower.untilValue("a", "3");
    assert.deepEqual(follower.kinds.slice(follower.kinds.indexOf("away")), ["away", "snapshot", "changes"]);
  });

  test("consul: a burst of writes stays within the connections that an agent allows, and renewals pass it by", async () => {
    await using store = open("burst");
    const lease = await store.grant(10);
    await Promise.all(Array.from({ length: 1_000 }, (_, n) => write(store, { put: `w/${n}`, value: "x" })));
    assert.equal((await store.list("w/")).entries.length, 1_000);
    await lease.revoke();
  });

  test("consul: a closed store ends its leases and its followers, and refuses calls", async () => {
    const store = open("closed");
    await using other = open("closed");
    const lease = await store.grant(10);
    await write(store, { put: "a", value: "1", lease });
    using follower = new Follower(store, "");
    await follower.untilValue("a", "1");
    await store.close();
    await lease.lost;
    assert.deepEqual(await values(other), { a: "1" }); // until the lease's time is over: a restart is no absence
    await assert.rejects(store.get("a"), withCode("STORE_AWAY"));
    assert.deepEqual(follower.kinds, ["snapshot"]);
  });
}

async function listening(handler: Parameters<typeof createServer>[1]): Promise<AsyncDisposable & { endpoint: string }> {
  const server = createServer({}, handler);
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
