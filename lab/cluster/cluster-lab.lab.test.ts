import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { callApi } from "../api.ts";
import { checkout, start } from "../process.ts";
import { ClusterLab } from "./cluster-lab.ts";
import { Place } from "./place.ts";

const plain = { cluster: false } as const;

test("ClusterLab: hosts run daemons that CLI, docker and the API reach, and are known by their names", async () => {
  await using lab = await ClusterLab.create({ hosts: 2, ...plain });
  const [one, two] = [lab.host(1), lab.host(2)];
  await one.fairlead("network", "create", "web");
  assert.match((await one.docker("network", "ls", "--format", "{{.Name}}")).stdout, /^web$/m);
  assert.equal((await callApi(two, "GET", "/networks/web")).status, 404);
  assert.equal((await two.run("hostname")).trim(), "host2");
  assert.throws(() => lab.host(3), /no machine "host3"/);
  assert.throws(() => lab.store, /has no store/);
});

test("ClusterHost: daemons are killed, also while they start, stopped and continued, and started with other flags", async () => {
  await using lab = await ClusterLab.create({ hosts: 1, daemons: false, ...plain });
  const host = lab.host(1);
  assert.equal(host.daemon.state, "ended");
  await host.spawnDaemon();
  await host.killDaemon();
  assert.equal(host.daemon.state, "ended");
  const started = await host.startDaemon(["--log-level", "debug"]);
  assert.match(await started.logged(/"msg":"ready"/), /ready/); // what was logged before counts
  await host.stopDaemon();
  assert.equal(host.daemon.state, "stopped");
  await host.continueDaemon();
  assert.match(await host.fairlead("network", "ls"), /bridge/);
  await assert.rejects(host.startDaemon(), /daemon of host1: it runs already/);
  await host.killDaemon("SIGTERM");
  assert.match(host.daemon.log, /"msg":"ended"/);
  await assert.rejects(host.startDaemon(["--mtu", "none"]), /daemon of host1 ended before it was ready:\n.*mtu/s);
  await assert.rejects(host.killDaemon(), /it does not run/);
});

test("ClusterHost.setClock() lets one daemon's wall clock jump while it runs", async () => {
  await using lab = await ClusterLab.create({ hosts: 2, daemons: false, ...plain });
  const [wrong, right] = lab.hosts as [ReturnType<typeof lab.host>, ReturnType<typeof lab.host>];
  await Promise.all([wrong.startDaemon([], { clock: "-1d" }), right.startDaemon()]);
  const skew = async (host: typeof wrong) => {
    const { body } = await callApi<{ Created: string }>(host, "POST", "/networks/create", {
      Name: `at${performance.now()}`,
    });
    const { body: network } = await callApi<{ Created: string }>(
      host,
      "GET",
      `/networks/${(body as unknown as { Id: string }).Id}`,
    );
    return Math.round((Date.parse(network.Created) - Date.now()) / 3_600_000) + 0; // no negative zero
  };
  assert.deepEqual([await skew(wrong), await skew(right)], [-24, 0]);
  wrong.setClock("+2h");
  assert.deepEqual([await skew(wrong), await skew(right)], [2, 0]);
  assert.throws(() => wrong.setClock("yesterday"), /must be like \+1h/);
});

test("ClusterLab: cuts are per pair and wire, and what is cut is read back", async () => {
  await using lab = await ClusterLab.create({ hosts: 3, store: "etcd", daemons: false, ...plain });
  await lab.cut("host1", "host2", { loss: 40, oneWay: true });
  await lab.cut("host2", "store");
  await lab.cut("host3", "storenet");
  const order = (value: unknown) => JSON.stringify(value);
  const faults = async () => (await lab.faults()).map(order).sort();
  assert.deepEqual(
    await faults(),
    [
      { from: "host1", to: "host2", wire: "underlay", loss: 40 },
      { from: "host2", to: "store", wire: "storenet", loss: 100 },
      { from: "store", to: "host2", wire: "storenet", loss: 100 },
      { unplugged: "host3", wire: "storenet" },
    ].map(order),
  );
  await lab.mend("host2", "store");
  await lab.mend("host3", "storenet");
  await lab.cut("host1", "host2", { oneWay: true }); // takes the place of the loss
  assert.deepEqual(await faults(), [order({ from: "host1", to: "host2", wire: "underlay", loss: 100 })]);
  await lab.mend();
  assert.deepEqual(await faults(), []);
});

test("ClusterLab: a store of three goes on without its leader, and not without two", async () => {
  await using lab = await ClusterLab.create({ hosts: 1, store: "etcd", storeMembers: 3, daemons: false, ...plain });
  assert.equal(lab.store.url, "etcd://10.98.0.254:2379,10.98.0.253:2379,10.98.0.252:2379");
  const leader = await lab.store.leader();
  const [first, second] = lab.store.members.filter(({ name }) => name !== leader.name);
  assert.ok(first && second);
  const put = async (address: string, ...options: string[]) => {
    const url = `http://${address}:2379/v3/kv/put`;
    const body = '{"key":"YQ==","value":"MQ=="}';
    return (await lab.host(1).exec(["curl", "-sS", "-m", "3", "--fail", ...options, "-d", body, url])).code;
  };
  const duringElection = ["--retry", "9", "--retry-delay", "1"];
  await leader.kill();
  assert.equal(await put(first.address, ...duringElection), 0);
  await second.kill();
  assert.notEqual(await put(first.address), 0);
  await lab.store.start();
  await lab.store.compact();
  assert.equal(await put(second.address, ...duringElection), 0);
  await lab.cut("host1", "store"); // every member
  assert.notEqual(await put(second.address), 0);
});

test("ClusterLab ends with the process that made it, unless it is told to stay", async () => {
  const root = mkdtempSync(join(tmpdir(), "fairlead-lab-"));
  const place = new Place("mortal", root);
  const code = `
    import { ClusterLab } from "${checkout}/lab/cluster/cluster-lab.ts";
    import { Place } from "${checkout}/lab/cluster/place.ts";
    const lab = await ClusterLab.create({ hosts: 1, daemons: false, place: new Place("mortal", ${JSON.stringify(root)}) });
    console.log("made");
    setInterval(() => {}, 1000);`;
  const maker = start([process.execPath, "--input-type=module", "-e", code]);
  assert.ok(maker.stdout);
  await once(maker.stdout, "data");
  assert.equal(await place.isHeld(), true);
  maker.kill("SIGKILL");
  assert.equal(await place.isReleased(20), true);
  await place.remove();
  assert.equal(existsSync(root), false);
});

test("ClusterLab.create() that fails leaves no folder and no process", async () => {
  const place = new Place("short", mkdtempSync(join(tmpdir(), "fairlead-lab-")));
  await assert.rejects(
    ClusterLab.create({ hosts: 2, place, daemonFlags: ["--nonsense"], ...plain }),
    /ended before it was ready/,
  );
  assert.equal(existsSync(place.root), false);
  const stopped = AbortSignal.abort(new Error("enough"));
  await assert.rejects(ClusterLab.create({ hosts: 1, place, signal: stopped, ...plain }), /enough/);
  assert.equal(existsSync(place.root), false);
  await assert.rejects(ClusterLab.create({ hosts: 1, cluster: true }), /without a store/);
});
