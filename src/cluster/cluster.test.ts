import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError, type ErrorCode } from "../base/errors.ts";
import type { LocalEndpoint } from "../contracts/cluster.ts";
import type { ClusterStore, Condition, Write } from "../contracts/cluster-store.ts";
import type { Network } from "../model/network.ts";
import { tunnelAddress } from "../model/tunnel.ts";
import type { StoreCluster } from "./cluster.ts";
import { vniOption } from "./networks.ts";
import { draft, TestCluster, type TestHost } from "./testing/hosts.ts";
import { Interposed } from "./testing/interposed.ts";

const withCode = (code: ErrorCode, text?: RegExp) => (error: unknown) =>
  error instanceof EngineError && error.code === code && (text?.test(error.message) ?? true);

const take = (host: TestHost, network: Network, address?: string) =>
  host.cluster.reserve(network, { family: 4, owner: "container web", ...(address ? { address } : {}) });

const endpoint = (network: Network, ipv4: string, name: string): LocalEndpoint => ({
  networkId: network.id,
  endpointId: `e-${name}`,
  containerId: `c-${name}`,
  container: name,
  names: [name],
  mac: `02:00:00:00:00:${name.length.toString(16).padStart(2, "0")}`,
  ipv4: ipv4.split("/")[0] ?? "",
});

test("createNetwork() makes a network that every host learns of, with a VNI of its own", async () => {
  await using lab = new TestCluster();
  const [one, two] = [await lab.host(1), await lab.host(2)];
  const a = await one.cluster.createNetwork(draft("a", "10.0.9.0/24"));
  const b = await two.cluster.createNetwork(draft("b", "10.0.10.0/24"));
  await Promise.all([one, two].map(({ told }) => told.until(() => told.networks.length === 2)));
  assert.deepEqual([a.options[vniOption], b.options[vniOption]], ["4096", "4097"]);
  assert.deepEqual(one.cluster.networks(), two.cluster.networks());
});

test("createNetwork() of one name on two hosts at the same instant makes one network and one NETWORK_EXISTS", async () => {
  await using lab = new TestCluster();
  const hosts = [await lab.host(1), await lab.host(2), await lab.host(3)];
  const results = await Promise.allSettled(
    hosts.map(({ cluster }, index) => cluster.createNetwork(draft("same", `10.${index}.0.0/24`))),
  );
  const refused = results.flatMap((each) => (each.status === "rejected" ? [each.reason as EngineError] : []));
  assert.deepEqual(
    refused.map(({ code }) => code),
    ["NETWORK_EXISTS", "NETWORK_EXISTS"],
  );
  assert.equal((await lab.store.list("networks/")).entries.length, 1);
});

test("createNetwork() refuses what overlaps another host's network, a VNI that is taken, and a range that is used up", async () => {
  await using lab = new TestCluster();
  const [one, two] = [await lab.host(1), await lab.host(2)];
  await one.cluster.createNetwork(draft("a", "10.0.0.0/16"));
  await assert.rejects(
    two.cluster.createNetwork(draft("b", "10.0.9.0/24")),
    withCode("SUBNET_OVERLAPS", /10\.0\.9\.0\/24 overlaps 10\.0\.0\.0\/16 of network a/),
  );
  const taken = draft("c", "10.1.0.0/24", { options: { [vniOption]: "4096" } });
  await assert.rejects(two.cluster.createNetwork(taken), withCode("INVALID", /VNI 4096 is network a's/));
  for (const number of [2, 3, 4, 5]) await two.cluster.createNetwork(draft(`n${number}`, `10.${number}.0.0/24`));
  await assert.rejects(
    one.cluster.createNetwork(draft("last", "10.9.0.0/24")),
    withCode("NETWORK_REFUSED", /all VNIs from 4096 to 4100 are taken/),
  );
  assert.equal((await lab.store.list("vnis/")).entries.length, 5);
});

test("reserve() gives each host addresses of slots of its own, in turn, and keeps one slot to spare", async () => {
  await using lab = new TestCluster();
  const [one, two] = [await lab.host(1), await lab.host(2)];
  const network = await one.cluster.createNetwork(draft("a", "10.0.9.0/24"));
  const first = [await take(one, network), await take(one, network)];
  const second = [await take(two, network), await take(two, network)];
  assert.deepEqual(first, ["10.0.9.2/24", "10.0.9.3/24"]);
  assert.equal(new Set([...first, ...second]).size, 4);
  one.cluster.release(network, "10.0.9.3/24");
  assert.equal(await take(one, network), "10.0.9.4/24", "a freed address rests");
});

test("reserve() of all hosts together uses a small pool up to the last address", async () => {
  await using lab = new TestCluster();
  const hosts = [await lab.host(1), await lab.host(2), await lab.host(3)];
  const network = await hosts[0]?.cluster.createNetwork(draft("a", "10.0.9.0/26"));
  assert.ok(network);
  const got: string[] = [];
  for (let n = 0; n < 61; n++) got.push(await take(hosts[n % 3] as TestHost, network));
  assert.equal(new Set(got).size, 61);
  await assert.rejects(take(hosts[0] as TestHost, network), withCode("ADDRESSES_EXHAUSTED"));
  hosts[1]?.cluster.release(network, got[1] ?? "");
  assert.equal(await take(hosts[2] as TestHost, network), got[1]);
});

test("reserve() of a static address asks the host that holds its slot to let it go, and refuses what is in use", async () => {
  await using lab = new TestCluster();
  const [one, two] = [await lab.host(1), await lab.host(2)];
  const network = await one.cluster.createNetwork(draft("a", "10.0.9.0/24"));
  assert.equal(await take(one, network), "10.0.9.2/24");
  await two.told.until(() => two.told.networks.length === 1);
  assert.equal(await take(two, network, "10.0.9.5"), "10.0.9.5/24");
  await assert.rejects(take(two, network, "10.0.9.2"), withCode("ADDRESS_TAKEN", /10\.0\.9\.2 belongs to host host1/));
  await assert.rejects(take(two, network, "10.0.9.1"), withCode("ADDRESS_TAKEN", /gateway/));
  await assert.rejects(take(two, network, "10.0.8.1"), withCode("ADDRESS_OUTSIDE"));
  assert.equal(await take(one, network), "10.0.9.8/24", "from the spare slot: the first one is everybody's now");
});

test("publish() tells other hosts where an address is; withdraw() takes it back", async () => {
  await using lab = new TestCluster();
  const [one, two] = [await lab.host(1), await lab.host(2)];
  const network = await one.cluster.createNetwork(draft("a", "10.0.9.0/24"));
  const web = endpoint(network, await take(one, network), "web");
  await two.cluster.use(network);
  await one.cluster.publish([web]);
  await two.told.until(() => two.told.remotes.some(({ put }) => put.length > 0));
  assert.deepEqual(two.cluster.forwarding(network.id), [{ address: "10.0.9.2", mac: web.mac, vtep: "192.0.2.1" }]);
  assert.deepEqual(two.cluster.remotes(network.id), [{ ...web, hostId: one.cluster.hostId }]);
  await one.cluster.withdraw([web]);
  await two.told.until(() => two.told.remotes.some(({ drop }) => drop.length > 0));
  assert.deepEqual(two.cluster.forwarding(network.id), []);
});

test("a host that is silent keeps its forwarding entries and loses its names; removed, it loses both and its addresses", async () => {
  await using lab = new TestCluster();
  const [one, two] = [await lab.host(1), await lab.host(2)];
  const network = await one.cluster.createNetwork(draft("a", "10.0.9.0/24"));
  await one.cluster.publish([endpoint(network, await take(one, network), "web")]);
  await two.cluster.use(network);
  await two.told.until(() => two.told.remotes.some(({ publish }) => publish.length > 0));
  await one.stop();
  await two.told.until(() => two.told.remotes.some(({ withdraw }) => withdraw.length > 0));
  assert.equal(two.cluster.forwarding(network.id)?.length, 1);
  assert.deepEqual(
    two.cluster.hosts().map(({ name, state }) => [name, state]),
    [
      ["host1", "unknown"],
      ["host2", "live"],
    ],
  );
  await two.cluster.removeHost("host1");
  await two.told.until(() => two.told.remotes.some(({ drop }) => drop.length > 0));
  assert.equal(await take(two, network, "10.0.9.2"), "10.0.9.2/24");
});

test("removeHost() refuses a live host and one that nobody knows", async () => {
  await using lab = new TestCluster();
  const [one, two] = [await lab.host(1), await lab.host(2)];
  await two.told.until(() => two.cluster.hosts().length === 2);
  await assert.rejects(two.cluster.removeHost("host1"), withCode("CLUSTER_HOST_REFUSED", /its daemon is there/));
  await assert.rejects(one.cluster.removeHost("nobody"), withCode("CLUSTER_HOST_NOT_FOUND", /known are host1, host2/));
});

test("a host that was removed meanwhile joins anew, and is told which of its addresses are others' now", async () => {
  await using lab = new TestCluster();
  const [one, two] = [await lab.host(1), await lab.host(2)];
  const network = await one.cluster.createNetwork(draft("a", "10.0.9.0/24"));
  const addresses = [await take(one, network), await take(one, network)];
  await one.stop();
  await two.told.until(() => two.cluster.hosts().some(({ state }) => state === "unknown"));
  await two.cluster.removeHost("host1");
  await take(two, network, "10.0.9.2");
  const back = await lab.host(1, {}, [network], (cluster) => {
    for (const address of addresses) cluster.adopt(network, address, "container web");
  });
  await back.told.until(() => back.told.lost.length > 0);
  assert.deepEqual(back.told.lost, ["10.0.9.2"]);
  await assert.rejects(take(two, network, "10.0.9.3"), withCode("ADDRESS_TAKEN", /host1/));
  assert.deepEqual(
    back.cluster.hosts().map(({ name, epoch }) => [name, epoch]),
    [
      ["host1", 2],
      ["host2", 1],
    ],
  );
});

test("a wish that cannot be read keeps no other from being granted", async () => {
  await using lab = new TestCluster();
  const [one, two] = [await lab.host(1), await lab.host(2)];
  const network = await one.cluster.createNetwork(draft("a", "10.0.9.0/24"));
  assert.equal(await take(one, network), "10.0.9.2/24");
  await two.told.until(() => two.told.networks.length === 1);
  await lab.store.txn([], [{ put: "wishes/0/4/somebody", value: "no record" }]);
  assert.equal(await take(two, network, "10.0.9.5"), "10.0.9.5/24");
});

test("a host that stood still itself takes nobody out on what it heard before", { timeout: 30_000 }, async () => {
  await using lab = new TestCluster();
  const between = new Interposed(lab.store);
  let deaf = false;
  const follow: ClusterStore["follow"] = (prefix, onNews, signal) =>
    lab.store.follow(prefix, (news) => deaf || onNews(news), signal);
  const [one, two] = [
    await lab.host(1, { store: { ...between.store, follow }, graceSeconds: 0.05 }),
    await lab.host(2),
  ];
  await one.told.until(() => one.cluster.hosts().some(({ name, state }) => name === "host2" && state === "live"));
  const live = `live/${two.cluster.hostId}`;
  const sign = await lab.store.get(live);
  assert.ok(sign);
  await lab.store.txn([], [{ delete: live }]);
  await one.told.until(() => one.told.events.includes("host_unknown"));
  deaf = true;
  await lab.store.txn([], [{ put: live, value: sign.value }]);
  const asked = (): Promise<void> =>
    new Promise((resolve) =>
      between.after("txn", (conditions) => (conditions as Condition[]).some(({ key }) => key === live) && resolve()),
    );
  await asked();
  await asked(); // what the first question led to is done
  assert.ok(await lab.store.get(`hosts/${two.cluster.hostId}`));
});

test("removeNetwork() is refused while another host has an endpoint on it, which is named; afterwards nothing of it is left", async () => {
  await using lab = new TestCluster();
  const [one, two] = [await lab.host(1), await lab.host(2)];
  const network = await one.cluster.createNetwork(draft("a", "10.0.9.0/24"));
  const web = endpoint(network, await take(one, network), "web");
  await one.cluster.publish([web]);
  await assert.rejects(two.cluster.removeNetwork(network), withCode("NETWORK_IN_USE", /web on host1/));
  await one.cluster.withdraw([web]);
  await two.cluster.removeNetwork(network);
  await one.told.until(() => one.told.gone.includes(network.id));
  const left = (await lab.store.list("")).entries.map(({ key }) => key.split("/")[0]);
  assert.deepEqual([...new Set(left)].filter((key) => key !== "seen").sort(), ["cluster", "guard", "hosts", "live"]);
});

test("publish() on a network that another host removes at the same instant: one of the two is refused", async () => {
  await using lab = new TestCluster();
  const [one, two] = [await lab.host(1), await lab.host(2)];
  for (let round = 0; round < 20; round++) {
    const network = await one.cluster.createNetwork(draft(`n${round}`, `10.0.${round}.0/24`));
    const web = endpoint(network, await take(one, network), "web");
    const results = await Promise.allSettled([one.cluster.publish([web]), two.cluster.removeNetwork(network)]);
    const done = results.map(({ status }) => status === "fulfilled");
    assert.notDeepEqual(done, [true, true], `round ${round}`);
    const there = (await lab.store.list(`endpoints/${network.id}/`)).entries.length;
    assert.equal(there, done[0] ? 1 : 0);
    if (done[0]) await one.cluster.withdraw([web]);
    if (!done[1]) await two.cluster.removeNetwork(network);
  }
});

test("start() refuses a host whose address is a live host's, and takes out one that had it before", async () => {
  await using lab = new TestCluster();
  const one = await lab.host(1);
  const twin = { id: "f".repeat(64), name: "twin", vtep: "192.0.2.1", mtu: 1500, version: "", since: "" };
  await assert.rejects(
    lab.host(9, { self: twin, leaseSeconds: 1 }),
    withCode("INVALID", /192\.0\.2\.1 is the address of host host1/),
  );
  await one.stop();
  const wiped = await lab.host(8, { self: twin });
  await wiped.told.until(() => wiped.cluster.hosts().length === 1);
  assert.deepEqual(
    wiped.cluster.hosts().map(({ name }) => name),
    ["twin"],
  );
});

test("start() carries networks of a host that was alone over into the cluster, once", async () => {
  await using lab = new TestCluster();
  const two = await lab.host(2);
  await two.cluster.createNetwork(draft("theirs", "10.7.0.0/24"));
  const own = draft("own", "10.8.0.0/24", { options: { [vniOption]: "4096" } });
  const clash = draft("theirs", "10.9.0.0/24", { options: { [vniOption]: "4097" } });
  const one = await lab.host(1, {}, [own, clash]);
  await two.told.until(() => two.told.networks.includes("own"));
  assert.deepEqual(
    two.cluster
      .networks()
      .map(({ name, options }) => [name, options[vniOption]])
      .sort(),
    [
      ["own", "4097"],
      ["theirs", "4096"],
    ],
  );
  await one.told.until(() => one.told.networks.includes("theirs"));
  assert.deepEqual(one.told.gone, []);
});

test("publish() while networks are being carried over waits for them", async () => {
  await using lab = new TestCluster();
  const two = await lab.host(2);
  const own = draft("own", "10.8.0.0/24", { options: { [vniOption]: "4096" } });
  const published = Promise.withResolvers<void>();
  const isOwn = (writes: readonly Write[]) => writes.some((write) => "put" in write && write.put.endsWith(own.id));
  const slow: ClusterStore = {
    limits: lab.store.limits,
    get: (key) => lab.store.get(key),
    list: (prefix) => lab.store.list(prefix),
    follow: (prefix, handler, signal) => lab.store.follow(prefix, handler, signal),
    grant: (seconds) => lab.store.grant(seconds),
    status: () => lab.store.status(),
    close: async () => {},
    async txn(conditions, writes) {
      if (isOwn(writes)) await published.promise;
      return lab.store.txn(conditions, writes);
    },
  };
  const adopt = (cluster: StoreCluster) => cluster.adopt(own, "10.8.0.2/24", "container web");
  const one = await lab.host(1, { store: slow }, [own], adopt);
  const publishing = one.cluster.publish([endpoint(own, "10.8.0.2", "web")]);
  published.resolve();
  await publishing;
  await two.told.until(() => two.told.networks.includes("own"));
  await two.cluster.use(own);
  await two.told.until(() => two.told.remotes.some(({ publish }) => publish.length > 0));
});

test("reserve() on a drained host is refused; others go on", async () => {
  await using lab = new TestCluster();
  const [one, two] = [await lab.host(1), await lab.host(2)];
  const network = await one.cluster.createNetwork(draft("a", "10.0.9.0/24"));
  await two.told.until(() => two.cluster.hosts().length === 2);
  await two.cluster.drainHost("host1", true);
  await lab.store.get("guard");
  await assert.rejects(take(one, network), withCode("NETWORK_REFUSED", /host host1 is drained/));
  assert.match(await take(two, network), /^10\.0\.9\./);
  await two.cluster.drainHost("host1", false);
  assert.match(await take(one, network), /^10\.0\.9\./);
});

test("publishTunnel() brings a new key to the other hosts, and what this host writes is taken afterwards", async () => {
  await using lab = new TestCluster();
  let publicKey = "first";
  const self = { id: "h1", name: "host1", vtep: "192.0.2.1", mtu: 1500, version: "1", since: "2026-01-01T00:00:00Z" };
  const tunnel = (cluster: string) => ({ address: tunnelAddress(cluster, "h1"), publicKey, port: 51_820 });
  const [one, two] = [await lab.host(1, { self: { ...self, tunnel } }), await lab.host(2)];
  const seen = () => two.cluster.hosts().find(({ id }) => id === "h1")?.tunnel;
  await two.told.until(() => seen()?.publicKey === "first");
  const { prefix, ...end } = one.cluster.tunnel() ?? assert.fail();
  assert.deepEqual([end, two.cluster.tunnel()], [seen(), undefined]);
  assert.equal(prefix.replace(/::\/64$/, ""), end.address.split(":").slice(0, 4).join(":"));

  publicKey = "second";
  await one.cluster.publishTunnel();
  await two.told.until(() => seen()?.publicKey === "second");
  await one.cluster.createNetwork(draft("a", "10.0.9.0/24"));
  const epoch = two.cluster.hosts().find(({ id }) => id === "h1")?.epoch;

  publicKey = "third"; // as one that was published, and then taken back
  await one.cluster.drainHost("host1", true);
  await two.told.until(() => seen()?.publicKey === "third");
  const now = two.cluster.hosts().find(({ id }) => id === "h1");
  assert.deepEqual([now?.drained, now?.epoch], [true, epoch]);
});

test("an encrypted network's remotes are behind tunnel addresses; hosts that have none are left out", async () => {
  await using lab = new TestCluster();
  const self = { id: "h1", name: "host1", vtep: "192.0.2.1", mtu: 1500, version: "1", since: "2026-01-01T00:00:00Z" };
  const tunnel = () => ({ address: "fd12::1", publicKey: "key", port: 51_820 });
  const [one, two, three] = [await lab.host(1, { self: { ...self, tunnel } }), await lab.host(2), await lab.host(3)];
  const network = await one.cluster.createNetwork(draft("a", "10.0.9.0/24", { options: { encrypted: "" } }));
  await Promise.all([two, three].map(({ told }) => told.until(() => told.networks.length === 1)));
  const web = endpoint(network, await take(one, network), "web");
  await three.cluster.use(network);
  await two.cluster.publish([endpoint(network, await take(two, network), "other")]);
  await one.cluster.publish([web]);
  await three.told.until(() => three.told.remotes.some(({ put }) => put.length > 0));
  assert.deepEqual(three.cluster.forwarding(network.id), [{ address: web.ipv4, mac: web.mac, vtep: "fd12::1" }]);
});

test("records that nobody can read keep no host from joining, making networks, and taking hosts out", async () => {
  await using lab = new TestCluster();
  const one = await lab.host(1);
  const network = await one.cluster.createNetwork(draft("a", "10.0.9.0/24"));
  const garbage = ["hosts/x", "networks/x", `slots/${network.id}/4/0a0009f0`, `endpoints/${network.id}/10.0.9.99`];
  await lab.store.txn(
    [],
    garbage.map((put) => ({ put, value: "{}" })),
  );
  const two = await lab.host(2);
  await two.cluster.createNetwork(draft("b", "10.0.10.0/24"));
  await take(two, network);
  await one.stop();
  await two.told.until(() => two.cluster.hosts().some(({ state }) => state === "unknown"));
  await two.cluster.removeHost("host1");
  assert.deepEqual(
    two.cluster.hosts().map(({ name }) => name),
    ["host2"],
  );
});
