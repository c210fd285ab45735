import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterLab } from "../../../lab/cluster/cluster-lab.ts";
import { addressOf, answers, eventually, everywhere, inspect, ping, stay } from "./hosts.ts";

test("OVL-30: overlays of a host that was alone become the cluster's when it joins; its containers stay reachable", async () => {
  await using lab = await ClusterLab.create({ hosts: 2, store: "etcd", cluster: false });
  const [one, two] = [lab.host(1), lab.host(2)];
  await one.fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.9.0/24", "mine");
  await stay(one, "web", "--network", "mine");
  await stay(one, "db", "--network", "mine");
  await one.fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.20.0/24", "extra");
  await two.fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.20.0/24", "theirs");
  // Alone, each host gave the same VNIs: that of "second" is taken when it joins.
  await one.fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.30.0/24", "first");
  await two.fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.31.0/24", "second");
  await stay(two, "guest", "--network", "second");
  const { Id } = await inspect(one, "mine");
  const joining = (host: typeof one) => ["--cluster", lab.store.url, "--advertise", host.ipv4];
  for (const host of [one, two]) {
    await host.killDaemon("SIGTERM");
    await host.startDaemon(joining(host));
  }
  await eventually(
    "mine on host2",
    () => two.cli("network", "inspect", "mine"),
    ({ code }) => code === 0,
  );
  assert.equal((await inspect(two, "mine"))["Id"], Id);
  // Theirs has the subnet of extra: it stays there, and the daemon says so.
  assert.match(two.daemon.log, /a network of this host cannot become the cluster's/);
  await stay(two, "cli", "--network", "mine");
  for (const name of ["web", "db"]) {
    await eventually(
      name,
      () => addressOf(two, "cli", name),
      (address) => address !== "",
    );
    await ping(two, "cli", name);
  }
  await ping(one, "web", "db");
  await stay(one, "visitor", "--network", "second");
  await eventually(
    "guest",
    () => answers(one, "visitor", "guest"),
    (answered) => answered,
  );
});

test("OVL-31: a network of the cluster whose name or subnet a host has in use itself is known there, and says why it cannot be joined", async () => {
  await using lab = await ClusterLab.create({ hosts: 2, store: "etcd" });
  const [one, two] = [lab.host(1), lab.host(2)];
  await two.fairlead("network", "create", "--subnet", "10.0.9.0/24", "local");
  await one.fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.9.0/24", "wide");
  await one.fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.10.0/24", "local");
  await everywhere(lab, "wide");
  const refused = await two.cli("run", "-d", "--network", "wide", "--rootfs", "host", "true");
  assert.match(refused.stderr, /on this host, .*10\.0\.9\.0\/24 overlaps 10\.0\.9\.0\/24 of network local/);
  const own = await one.cli("network", "create", "-d", "overlay", "--subnet", "10.99.0.0/24", "under");
  assert.match(own.stderr, /its subnet 10\.99\.0\.0\/24 has the host's own address 10\.99\.0\.1 \(underlay0\) in it/);
  assert.equal((await inspect(two, "local"))["Driver"], "bridge");
  await two.fairlead("network", "create", "--subnet", "10.0.30.0/24", "other");
  const { Id } = await inspect<{ Id: string }>(one, "local");
  await stay(two, "guest", "--network", Id);
  await stay(one, "host", "--network", "local");
  await eventually(
    "guest",
    () => addressOf(one, "host", "guest"),
    (address) => address !== "",
  );
  await ping(one, "host", "guest");
});

test("OVL-32: the leader of a store of three is killed, and hosts go on with the others", async () => {
  await using lab = await ClusterLab.create({ hosts: 2, store: "etcd", storeMembers: 3 });
  const [one, two] = [lab.host(1), lab.host(2)];
  await one.fairlead("network", "create", "-d", "overlay", "red");
  await everywhere(lab, "red");
  await stay(one, "web", "--network", "red");
  await (await lab.store.leader()).kill();
  await eventually(
    "a start",
    () => two.cli("run", "-d", "--name", "cli", "--network", "red", "--rootfs", "host", "sleep", "infinity"),
    ({ code, stderr }) => code === 0 || stderr.includes("already in use"),
  );
  await eventually(
    "web",
    () => addressOf(two, "cli", "web"),
    (address) => address !== "",
  );
  await ping(two, "cli", "web");
  await eventually(
    "cli",
    () => addressOf(one, "web", "cli"),
    (address) => address !== "",
  );
});

test("OVL-33: a host silent for the whole grace is cut off from its overlays by itself; the others take it out, and it comes back", async () => {
  const daemonFlags = ["--cluster-lease", "3s", "--cluster-grace", "10s"];
  await using lab = await ClusterLab.create({ hosts: 2, store: "etcd", daemonFlags });
  const [one, two] = [lab.host(1), lab.host(2)];
  await one.fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.9.0/24", "red");
  await everywhere(lab, "red");
  await stay(one, "web", "--network", "red");
  await stay(two, "cli", "--network", "red");
  await eventually(
    "web",
    () => addressOf(two, "cli", "web"),
    (address) => address !== "",
  );
  const device = async () => (await one.run("ip", "-br", "link")).includes("fvx");
  assert.equal(await device(), true);
  await lab.cut("host1", "store");
  await eventually("host1 fenced", device, (present) => !present);
  await eventually(
    "host1 gone",
    () => two.fairlead("host", "ls", "-q"),
    (ids) => ids.trim().split("\n").length === 1,
  );
  const refused = await one.cli("run", "--rm", "--network", "red", "--rootfs", "host", "true");
  assert.match(refused.stderr, /for so long that this host's addresses may be others' now/);
  await lab.mend("host1", "store");
  await eventually("host1 back", device, (present) => present);
  await eventually(
    "web",
    () => addressOf(two, "cli", "web"),
    (address) => address !== "",
  );
  await ping(two, "cli", "web");
});
