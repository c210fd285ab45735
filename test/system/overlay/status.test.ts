import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ClusterHost } from "../../../lab/cluster/cluster-host.ts";
import { ClusterLab } from "../../../lab/cluster/cluster-lab.ts";
import { lineOf } from "../../../lab/process.ts";
import { eventually, stay } from "./hosts.ts";

interface Host {
  readonly id: string;
  readonly name: string;
  readonly address: string;
  readonly state: string;
  readonly epoch: number;
  readonly seen?: number;
  readonly lag?: number;
}

interface Status {
  readonly state: string;
  readonly why: string;
  readonly outages: number;
  readonly lag?: number;
  readonly store: { readonly version: string; readonly members: readonly { leader: boolean }[] };
  readonly hosts: { readonly live: number; readonly unknown: number };
}

let lab: ClusterLab;
let one: ClusterHost;
let two: ClusterHost;
before(async () => {
  lab = await ClusterLab.create({ hosts: 2, store: "etcd", daemonFlags: ["--cluster-lease", "3s"] });
  [one, two] = [lab.host(1), lab.host(2)];
});
after(() => lab[Symbol.asyncDispose]());

const status = async (host: ClusterHost) =>
  JSON.parse(await host.fairlead("cluster", "status", "-f", "json")) as Status;
const inspect = async (host: ClusterHost, name: string) =>
  JSON.parse(await host.fairlead("host", "inspect", "-f", "json", name)) as Host;
const metric = async (host: ClusterHost, name: string) => {
  const page = await host.run("curl", "--silent", "--fail", "--unix-socket", host.socket, "http://x/metrics");
  return Number(
    page
      .split("\n")
      .find((line) => line.startsWith(`${name} `))
      ?.split(" ")[1],
  );
};
const drained = (name: string) =>
  new RegExp(`Cannot use network wide: host ${name} is drained; .*"fairlead host drain --off ${name}"`);

test("OVL-201: host ls shows every host on each of them, with a * for the one that answers", async () => {
  for (const [host, names] of [
    [one, ["host1 *", "host2"]],
    [two, ["host1", "host2 *"]],
  ] as const) {
    const listed = await eventually(
      "hosts",
      () => host.fairlead("host", "ls"),
      (text) => text.split("\n").length === 3,
    );
    const rows = listed.split("\n").map((line) => line.split(/ {2,}/));
    assert.deepEqual(rows[0], ["ID", "NAME", "ADDRESS", "STATE", "SINCE", "VERSION", "EPOCH", "DRAINED"]);
    assert.deepEqual(
      rows
        .slice(1)
        .map(([id, name, address, state, since, _version, ...rest]) => [
          id?.length,
          name,
          address,
          state,
          /ago$/.test(since ?? ""),
          ...rest,
        ]),
      [one, two].map(({ ipv4 }, index) => [12, names[index], ipv4, "live", true, "1", "no"]),
    );
  }
  const ids = (await one.fairlead("host", "ls", "-q", "--no-trunc")).split("\n");
  assert.deepEqual(ids, (await two.fairlead("host", "ls", "--no-trunc", "--format", "{{.ID}}")).split("\n"));
});

test("OVL-202: host inspect shows how far each host has followed the store, and names the hosts there are when it finds none", async () => {
  await one.fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.9.0/24", "wide");
  const caughtUp = ({ seen = 0, lag }: Host) => seen > 0 && lag === 0;
  const [own, other] = await Promise.all(
    ["host1", "host2"].map((name) => eventually(`lag of ${name}`, () => inspect(one, name), caughtUp)),
  );
  assert.ok(own && other);
  assert.deepEqual([own.name, own.address, other.name, other.epoch], ["host1", one.ipv4, "host2", 1]);
  assert.equal((await inspect(two, own.id.slice(0, 12))).id, own.id);
  const { code, stderr } = await one.cli("host", "inspect", "nobody");
  assert.deepEqual(
    [code, stderr.trim()],
    [1, "Error response from daemon: host nobody not found in the cluster: known are host1, host2"],
  );
});

test("OVL-203: a drained host takes no new container on the cluster's networks; what runs there and other networks go on", async () => {
  await stay(one, "before", "--network", "wide");
  assert.equal(await two.fairlead("host", "drain", "host1"), "host1");
  await eventually(
    "drain",
    () => one.fairlead("host", "ls", "--format", "{{.Drained}}"),
    (text) => text === "yes\nno",
  );
  const refused = await one.cli("run", "-d", "--network", "wide", "--rootfs", "host", "true");
  assert.match(refused.stderr, drained("host1"));
  await one.fairlead("exec", "before", "true");
  await stay(one, "local");
  await stay(two, "elsewhere", "--network", "wide");
  await one.fairlead("host", "drain", "--off", "host1");
  await stay(one, "after", "--network", "wide");
});

test("OVL-204: network inspect shows the hosts of a network as peers, and their endpoints beside the local ones, to docker's CLI too", async () => {
  const docker = async (...argv: string[]) => {
    const { code, stdout, stderr } = await two.docker("network", ...argv);
    assert.deepEqual([code, stderr], [0, ""]);
    return stdout.trim();
  };
  const [found] = JSON.parse(await docker("inspect", "wide"));
  assert.deepEqual(found.Peers, [
    { Name: "host1", IP: one.ipv4 },
    { Name: "host2", IP: two.ipv4 },
  ]);
  const containers = Object.entries(found.Containers as Record<string, { Name: string; Host?: string }>);
  assert.deepEqual(containers.map(([id, { Name, Host }]) => [id.startsWith("ep-"), Name, Host]).sort(), [
    [false, "elsewhere", undefined],
    [true, "after", "host1"],
    [true, "before", "host1"],
  ]);
  assert.match(found.Options["com.docker.network.driver.overlay.vxlanid_list"], /^\d+$/);
  assert.equal(await docker("ls", "--filter", "scope=global", "--format", "{{.Name}} {{.Scope}}"), "wide global");
  const info = await two.docker("info", "--format", "{{.Name}}");
  assert.deepEqual([info.code, info.stdout], [0, "host2\n"]);
  assert.match(await two.fairlead("info"), new RegExp(`Cluster store: +etcd://.*\n Cluster address: +${two.ipv4}\n`));
});

test("OVL-205: /metrics counts hosts, revisions, addresses of other hosts and what the kernel was told of them", async () => {
  const before = await metric(two, "fairlead_cluster_forwarding_dropped_total");
  assert.deepEqual(
    await Promise.all(
      ["connected", "fenced", 'hosts{state="live"}', 'hosts{state="unknown"}', 'remote_addresses{network="wide"}'].map(
        (name) => metric(two, `fairlead_cluster_${name}`),
      ),
    ),
    [1, 0, 2, 0, 2],
  );
  assert.ok((await metric(two, "fairlead_cluster_forwarding_programmed_total")) >= 2);
  assert.ok((await metric(two, "fairlead_cluster_revision")) > 0);
  await one.fairlead("rm", "--force", "after");
  const remotes = () => metric(two, 'fairlead_cluster_remote_addresses{network="wide"}');
  await eventually("remote addresses", remotes, (count) => count === 1);
  assert.equal(await metric(two, "fairlead_cluster_forwarding_dropped_total"), before + 1);
});

test("OVL-206: events tell of the store and of other hosts, to docker's CLI too, and can be chosen by type", async () => {
  const argv = ["docker", "-H", `unix://${one.socket}`, "events", "--filter", "type=cluster"];
  const watching = one.spawn([...argv, "--format", "{{.Type}} {{.Action}} {{.Actor.Attributes.host}}"]);
  const unknown = lineOf(watching, /^cluster host_unknown host2$/, "events");
  await two.killDaemon();
  await unknown;
  process.kill(-(watching.pid ?? 0), "SIGTERM");
  const own = await one.fairlead("events", "--since", "10m", "--until", "0s", "--filter", "type=cluster");
  assert.match(own, /^\S+ cluster host_unknown [0-9a-f]{64} \(host=host2, id=[0-9a-f]{64}\)$/m);
  assert.doesNotMatch(own, / network | container /);
});

test("OVL-207: host rm takes a host that is gone out, whose addresses are free then; a live one is refused", async () => {
  const [local, gone] = [await one.cli("host", "rm", "host1"), await one.cli("host", "rm", "host2")];
  assert.match(local.stderr, /Cannot remove host host1: its daemon is there; drain it/);
  assert.deepEqual([local.code, gone.code, gone.stdout], [1, 0, "host2\n"]);
  await eventually(
    "host2",
    () => one.fairlead("host", "ls", "--format", "{{.Name}}"),
    (text) => text === "host1",
  );
  const [inspected] = JSON.parse(await one.fairlead("network", "inspect", "wide"));
  assert.deepEqual(
    Object.values(inspected.Containers as Record<string, { Name: string }>).map(({ Name }) => Name),
    ["before"],
  );
  await two.startDaemon();
  await eventually(
    "host2",
    () => inspect(one, "host2").catch(() => undefined),
    (found) => found?.state === "live",
  );
  assert.ok((await inspect(one, "host2")).epoch > 1);
});

test("OVL-208: cluster status says that the store is away, why, and that it is back; draining is refused meanwhile", async () => {
  const there = await status(one);
  assert.deepEqual([there.state, there.why, there.lag, there.hosts], ["connected", "", 0, { live: 2, unknown: 0 }]);
  assert.match(there.store.version, /^etcd \d/);
  assert.deepEqual(
    there.store.members.map(({ leader }) => leader),
    [true],
  );
  await lab.cut("host1", "store");
  const away = await eventually(
    "status",
    () => status(one),
    ({ state }) => state === "away",
  );
  assert.notEqual(away.why, "");
  assert.equal(away.lag, undefined);
  assert.equal(await metric(one, "fairlead_cluster_connected"), 0);
  assert.equal(await metric(one, "fairlead_cluster_store_away_total"), away.outages);
  const { code, stderr } = await one.cli("host", "drain", "host2");
  assert.equal(code, 1);
  assert.match(stderr, /Cannot drain host host2: the cluster's store at .* does not answer/);
  assert.match(await one.fairlead("host", "ls"), /host2/);
  await lab.mend();
  const back = await eventually(
    "status",
    () => status(one),
    ({ state }) => state === "connected",
  );
  assert.deepEqual([back.why, back.outages], ["", there.outages + 1]);
});

test("OVL-211: system reset takes a host out of the cluster, whose networks stay for the others", async () => {
  const { Id } = JSON.parse(await one.fairlead("network", "inspect", "wide"))[0] as { Id: string };
  const said = await two.fairlead("system", "reset", "--force");
  assert.doesNotMatch(said, /wide/);
  await eventually(
    "hosts",
    () => one.fairlead("host", "ls", "--format", "{{.Name}}"),
    (text) => text === "host1",
  );
  assert.match(await one.fairlead("network", "inspect", "wide"), new RegExp(Id));
  await two.daemon.ended(AbortSignal.timeout(30_000));
  await two.startDaemon();
  await eventually(
    "wide",
    () => two.cli("network", "inspect", "wide"),
    ({ stdout }) => stdout.includes(Id),
  );
});
