import assert from "node:assert/strict";
import { test } from "node:test";
import { EtcdServer, newestEtcd } from "../../../lab/etcd.ts";
import { silentLog } from "../../base/log.ts";
import type { ClusterStore, StoreAddress } from "../../contracts/cluster-store.ts";
import { Authority } from "../testing/certificates.ts";
import { Follower } from "../testing/follower.ts";
import { renewedSince } from "../testing/lease-tests.ts";
import { values, withCode, write } from "../testing/subject.ts";
import { openEtcdStore } from "./store.ts";

const program = newestEtcd();

function client(address: Partial<StoreAddress>): AsyncDisposable & { store: ClusterStore } {
  const all = { kind: "etcd", endpoints: ["127.0.0.1:2379"], prefix: "secure", ...address } as const;
  const store = openEtcdStore(all, silentLog, { timeoutMs: 3_000, scatterMs: 50 });
  return { store, [Symbol.asyncDispose]: () => store.close() };
}

const base64 = (text: string): string => Buffer.from(text).toString("base64");

test("etcd: TLS with client certificates, by address and by name", { timeout: 60_000 }, async () => {
  using authority = new Authority();
  const served = authority.issue("server", ["IP:127.0.0.1", "DNS:localhost"]);
  await using _server = await EtcdServer.create({ program, tls: { ...served, ca: authority.ca } });
  const tls = { ca: authority.ca, ...authority.issue("host1", []) };
  await using byAddress = client({ tls });
  await using byName = client({ tls, endpoints: ["localhost:2379"] });
  await write(byAddress.store, { put: "a", value: "1" });
  assert.deepEqual(await values(byName.store), { a: "1" });
  using follower = new Follower(byName.store, "");
  await follower.untilValue("a", "1");
  const lease = await byName.store.grant(5);
  await renewedSince(lease, lease.renewedAt + 1);
});

test("etcd: TLS refuses who cannot show a certificate or does not trust the server's", {
  timeout: 60_000,
}, async () => {
  using authority = new Authority();
  using stranger = new Authority();
  const served = authority.issue("server", ["IP:127.0.0.1"]);
  await using _server = await EtcdServer.create({ program, tls: { ...served, ca: authority.ca } });
  const mine = authority.issue("host1", []);
  const refused: Record<string, [Partial<StoreAddress>, RegExp]> = {
    "no certificate": [{ tls: { ca: authority.ca } }, /refuses: .*certificate/i],
    "a certificate of another authority": [
      { tls: { ca: authority.ca, ...stranger.issue("x", []) } },
      /refuses: .*(certificate|unknown ca)/i,
    ],
    "another authority trusted": [{ tls: { ca: stranger.ca, ...mine } }, /refuses: .*certificate/i],
  };
  for (const [name, [address, why]] of Object.entries(refused)) {
    await using opened = client(address);
    await assert.rejects(opened.store.get("a"), withCode("STORE_REFUSED"), name);
    await assert.rejects(opened.store.get("a"), why, name);
  }
  await using plain = client({});
  await assert.rejects(plain.store.get("a"), withCode("STORE_AWAY"));
});

test("etcd: TLS checks the server's certificate for the address that is called", { timeout: 60_000 }, async () => {
  using authority = new Authority();
  const served = authority.issue("server", ["IP:10.9.9.9", "DNS:elsewhere", "DNS:etcd"]);
  await using _server = await EtcdServer.create({ program, tls: served });
  for (const endpoint of ["127.0.0.1:2379", "localhost:2379"]) {
    await using opened = client({ tls: { ca: authority.ca }, endpoints: [endpoint] });
    await assert.rejects(opened.store.get("a"), /refuses: .*certificate's altnames/, endpoint);
  }
});

test("etcd: TLS files that cannot be read are refused when the store is opened", () => {
  const open = () => client({ tls: { ca: "/nowhere/ca.pem" } });
  assert.throws(open, withCode("INVALID"));
  assert.throws(open, /Invalid CA file of the cluster's store: .*\/nowhere\/ca.pem/);
  assert.throws(() => client({ tls: { certificate: "/etc/hostname", key: "/etc/hostname" } }), withCode("INVALID"));
});

/** Users root and host; host may do anything below secure/mine/ and read secure/shared/. */
async function enableUsers(server: EtcdServer): Promise<void> {
  const range = (prefix: string, permType: string) => ({
    perm: { permType, key: base64(prefix), range_end: base64(`${prefix.slice(0, -1)}0`) },
  });
  await server.request("auth/role/add", { name: "root" });
  await server.request("auth/role/add", { name: "host" });
  await server.request("auth/role/grant", { name: "host", ...range("secure/mine/", "READWRITE") });
  await server.request("auth/role/grant", { name: "host", ...range("secure/shared/", "READ") });
  for (const name of ["root", "host"]) {
    await server.request("auth/user/add", { name, password: `${name}'s pass:word/ä` });
    await server.request("auth/user/grant", { user: name, role: name });
  }
  await server.request("auth/enable", {});
}

test("etcd: user and password, within the limits of the user's roles", { timeout: 60_000 }, async () => {
  await using server = await EtcdServer.create({ program });
  await enableUsers(server);
  await using root = client({ user: "root", password: "root's pass:word/ä" });
  await using host = client({ user: "host", password: "host's pass:word/ä" });
  await write(root.store, { put: "shared/a", value: "1" }, { put: "other/a", value: "1" });
  const lease = await host.store.grant(5);
  await write(host.store, { put: "mine/a", value: "1", lease });
  assert.deepEqual(await values(host.store, "mine/"), { "mine/a": "1" });
  assert.deepEqual(await values(host.store, "shared/"), { "shared/a": "1" });
  await assert.rejects(values(host.store, "other/"), withCode("STORE_REFUSED"));
  await assert.rejects(write(host.store, { put: "shared/a", value: "2" }), /the user's roles do not allow it/);
  await assert.rejects(
    write(host.store, { put: "mine/a", value: "2" }, { delete: "other/a" }),
    withCode("STORE_REFUSED"),
  );
  assert.equal((await host.store.get("mine/a"))?.value, "1");
  using follower = new Follower(host.store, "shared/");
  await follower.untilValue("shared/a", "1");
  await write(root.store, { put: "shared/a", value: "3" });
  await follower.untilValue("shared/a", "3");
  using forbidden = new Follower(host.store, "other/");
  await forbidden.until(({ news }) => news.length > 0);
  assert.deepEqual(forbidden.news, [{ kind: "away", why: "the user's roles do not allow it" }]);
  assert.equal((await host.store.status()).members.length, 1);
  await renewedSince(lease, lease.renewedAt + 1);
});

test("etcd: a token that the store has forgotten is asked for anew", { timeout: 60_000 }, async () => {
  await using server = await EtcdServer.create({ program });
  await enableUsers(server);
  await using host = client({ user: "host", password: "host's pass:word/ä" });
  using follower = new Follower(host.store, "mine/");
  await write(host.store, { put: "mine/a", value: "1" });
  await follower.untilValue("mine/a", "1");
  await server.kill(); // tokens live in its memory
  await server.start();
  await write(host.store, { put: "mine/a", value: "2" });
  await follower.untilValue("mine/a", "2");
});

test("etcd: a wrong password is refused and never repeated in words", { timeout: 60_000 }, async () => {
  await using server = await EtcdServer.create({ program });
  await enableUsers(server);
  const refused: [Partial<StoreAddress>, RegExp][] = [
    [{ user: "host", password: "wrong secret" }, /refuses: user or password is wrong$/],
    [{ user: "nobody", password: "wrong secret" }, /refuses: user or password is wrong$/],
    [{}, /refuses: it asks for a user and password, and none is given$/],
  ];
  for (const [address, why] of refused) {
    await using opened = client(address);
    for (const call of [() => opened.store.get("mine/a"), () => write(opened.store, { put: "mine/a", value: "1" })]) {
      await assert.rejects(call, withCode("STORE_REFUSED"));
      await assert.rejects(call, why);
      await assert.rejects(call, (error: Error) => !`${error.message}${error.stack}`.includes("secret"));
    }
    using follower = new Follower(opened.store, "mine/");
    await follower.until(({ kinds }) => kinds.includes("away"));
  }
});

test("etcd: user and password do no harm where etcd asks for none", { timeout: 60_000 }, async () => {
  await using _server = await EtcdServer.create({ program });
  await using opened = client({ user: "host", password: "x" });
  await write(opened.store, { put: "a", value: "1" });
  assert.deepEqual(await values(opened.store), { a: "1" });
});

test("etcd: a store that was made anew at the same address is told as a snapshot", { timeout: 60_000 }, async () => {
  await using server = await EtcdServer.create({ program });
  await using opened = client({});
  using follower = new Follower(opened.store, "");
  for (const value of ["1", "2", "3"]) await write(opened.store, { put: "a", value });
  await follower.untilValue("a", "3");
  await server.wipe();
  await follower.until(({ kinds }) => kinds.at(-1) === "away");
  await server.start();
  await follower.untilValue("a", undefined);
  await write(opened.store, { put: "b", value: "1" });
  await follower.untilValue("b", "1");
  assert.deepEqual(follower.values(), { b: "1" });
});

test("etcd: a full database is said in words, and reads go on", { timeout: 60_000 }, async () => {
  await using server = await EtcdServer.create({ program, flags: [`--quota-backend-bytes=${4 * 1024 ** 2}`] });
  await using opened = client({});
  const value = "x".repeat(512 * 1024);
  const fill = async (): Promise<void> => {
    for (let n = 0; n < 50; n++) await write(opened.store, { put: `k${n}`, value });
  };
  await assert.rejects(fill(), /refuses: its database is full \(alarm NOSPACE\)/);
  assert.equal((await opened.store.get("k0"))?.value, value);
  assert.match((await opened.store.status()).warnings.join(), /alarm NOSPACE: its database is full/);
  assert.ok(server.endpoint);
});
