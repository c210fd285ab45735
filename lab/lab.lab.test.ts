import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, globSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { Layout } from "../src/runtime/layout.ts";
import { Host } from "./host.ts";
import { Lab } from "./lab.ts";
import { ending } from "./process.ts";

test("Host is a machine of its own: only loopback, its own processes, its own folder", async () => {
  await using host = await Host.create();
  const links = await host.json<{ ifname: string; flags: string[] }[]>("ip", "-j", "link");
  assert.deepEqual(
    links.map(({ ifname, flags }) => [ifname, flags.includes("UP")]),
    [["lo", true]],
  );
  assert.equal((await host.run("cat", "/proc/1/comm")).trim(), "tini");
  await host.run("sh", "-c", `echo kept >${host.folder}/data/file`);
  assert.deepEqual(readdirSync(host.folder), []);
  assert.deepEqual(readdirSync(host.pathOf(`${host.folder}/data`)), ["file"]);
});

test("Host.exec() gives exit code, output and errors, and passes input and environment", async () => {
  await using host = await Host.create();
  const result = await host.exec(["sh", "-c", 'cat; echo "$WORD" >&2; exit 7'], { input: "in", env: { WORD: "out" } });
  assert.deepEqual(result, { code: 7, signal: null, stdout: "in", stderr: "out\n" });
  await assert.rejects(host.run("sh", "-c", "echo why >&2; exit 3"), /ended with 3\nwhy/);
  await assert.rejects(host.exec(["sleep", "60"], { timeoutMs: 100 }), /sleep 60: not done after 100 ms/);
});

test("Host ends with everything in it, detached processes too", async () => {
  const host = await Host.create();
  const child = host.spawn(["setsid", "sh", "-c", "echo on; exec sleep 1000"]);
  assert.ok(child.stdout);
  await once(child.stdout, "data");
  await host.run("sh", "-c", "setsid sleep 1001 >/dev/null 2>&1 &");
  const inside = globSync("/proc/[0-9]*/ns/net").length;
  await host[Symbol.asyncDispose]();
  assert.deepEqual(await ending(child), [null, "SIGKILL"]);
  assert.equal(existsSync(host.folder), false);
  assert.ok(globSync("/proc/[0-9]*/ns/net").length < inside);
});

test("Host ends with its daemon and its containers, and their cgroups", async () => {
  const host = await Host.create();
  await host.startDaemon();
  await host.fairlead("run", "-d", "--rootfs", "host", "--network", "none", "sleep", "1000");
  const { cgroupParent } = new Layout(`${host.folder}/data`, `${host.folder}/run`);
  assert.ok(globSync(`/sys/fs/cgroup/{,*/}${cgroupParent}`).length > 0);
  await host[Symbol.asyncDispose]();
  assert.deepEqual(globSync(`/sys/fs/cgroup/{,*/}${cgroupParent}`), []);
});

test("Host.killDaemon() ends the daemon at once, and startDaemon() starts the next one on the same roots", async () => {
  await using host = await Host.create();
  const first = await host.startDaemon();
  await host.fairlead("network", "create", "web");
  await host.killDaemon();
  assert.equal(first.running, false);
  await host.startDaemon();
  assert.match((await host.docker("network", "ls", "--format", "{{.Name}}")).stdout, /^web$/m);
});

test("Host.snapshot() is equal when nothing changed and shows a leaked link, address, route, rule and table", async () => {
  await using host = await Host.create();
  const before = await host.snapshot();
  assert.deepEqual(await host.snapshot(), before);
  const changes = [
    ["ip link add br7 type bridge", "ip link del br7"],
    ["ip address add 10.9.9.9/32 dev lo", "ip address del 10.9.9.9/32 dev lo"],
    ["ip route add 10.9.0.0/16 dev lo table 77", "ip route del 10.9.0.0/16 dev lo table 77"],
    ["ip rule add from 10.9.0.0/16 table 77", "ip rule del from 10.9.0.0/16 table 77"],
    ["nft add table inet leak", "nft delete table inet leak"],
  ] as const;
  for (const [change, undo] of changes) {
    await host.run("sh", "-c", change);
    assert.notDeepEqual(await host.snapshot(), before, change);
    await host.run("sh", "-c", undo);
    assert.deepEqual(await host.snapshot(), before, undo);
  }
});

test("Lab wires its hosts to each other and to the outside, IPv4 and IPv6", async () => {
  await using lab = await Lab.create();
  const [one, two] = [await lab.addHost(), await lab.addHost()];
  for (const address of [lab.outsideIpv4, lab.outsideIpv6, two.ipv4, two.ipv6]) {
    assert.match(await one.host.run("ping", "-c", "1", "-W", "5", address), /1 received/);
  }
  const [route] = await one.host.json<{ gateway: string; dev: string }[]>("ip", "-j", "route", "show", "default");
  assert.deepEqual([route?.gateway, route?.dev], [lab.outsideIpv4, "uplink0"]);
});
