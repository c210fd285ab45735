import assert from "node:assert/strict";
import { test } from "node:test";
import { ClusterLab } from "../../../lab/cluster/cluster-lab.ts";
import { lacksConsul } from "../../../lab/consul.ts";
import { addressOf, eventually, everywhere, ping, stay } from "./hosts.ts";

test("OVL-34: overlays work on Consul as they do on etcd", { skip: lacksConsul }, async () => {
  await using lab = await ClusterLab.create({ hosts: 2, store: "consul", daemonFlags: ["--cluster-lease", "10s"] });
  const [one, two] = [lab.host(1), lab.host(2)];
  await one.fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.9.0/24", "red");
  await everywhere(lab, "red");
  assert.match((await two.cli("network", "create", "-d", "overlay", "red")).stderr, /already exists/);
  await stay(one, "web", "--network", "red");
  await stay(two, "cli", "--network", "red");
  await eventually(
    "web",
    () => addressOf(two, "cli", "web"),
    (address) => address !== "",
  );
  await ping(two, "cli", "web");
  await lab.store.kill();
  await stay(one, "late", "--network", "red");
  await ping(two, "cli", "web");
  await lab.store.start();
  await eventually(
    "late",
    () => addressOf(two, "cli", "late"),
    (address) => address !== "",
  );
  await ping(two, "cli", "late");
  await one.killDaemon();
  await one.startDaemon();
  await ping(one, "late", "cli");
  assert.match((await two.cli("network", "rm", "red")).stderr, /active endpoints/);
  for (const [host, name] of [
    [one, "web"],
    [one, "late"],
    [two, "cli"],
  ] as const)
    await host.fairlead("rm", "-f", name);
  await two.fairlead("network", "rm", "red");
  await eventually(
    "red gone",
    () => one.cli("network", "inspect", "red"),
    ({ code }) => code !== 0,
  );
});
