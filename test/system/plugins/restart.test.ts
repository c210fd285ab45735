import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { clear } from "../../../lab/api.ts";
import { lacksNewDocker } from "../../../lab/docker-version.ts";
import { nothing, PluginPlace } from "./place.ts";

const skip = lacksNewDocker();
const place = await PluginPlace.create("labkept", "--plugin-timeout", "5");
after(() => place[Symbol.asyncDispose]());
const { host, plugin, eventually } = place;
const network = ["-d", "labkept", "--ipam-driver", "labkept"];
afterEach(async () => {
  plugin.order({});
  await clear(host);
});

const endpoints = () => Object.keys(plugin.state.endpoints).length;

test("PLUG-18 a daemon that is killed and started leaves containers of plugins alone, and knows them again", {
  skip,
}, async () => {
  await place.docker("network", "create", ...network, "blue");
  await place.run("one", "--network", "blue");
  await place.run("two", "--network", "blue");
  const before = [await place.inspect("one", "blue"), await host.snapshot(), plugin.state];
  await host.killDaemon();
  plugin.forget();
  await place.startDaemon();
  assert.deepEqual([await place.inspect("one", "blue"), await host.snapshot()], before.slice(0, 2));
  assert.match(await place.repair(), /agree/);
  await place.inside("one", "ping", "-c1", "-W2", "two");
  assert.deepEqual(
    plugin.verbs.filter((verb) => verb.startsWith("Network")),
    [],
  );
  await place.docker("rm", "-f", "one", "two");
  await place.docker("network", "rm", "blue");
  assert.deepEqual(plugin.state, nothing);
});

test("PLUG-19 an IPAM plugin that keeps nothing is told at the next start what it gave", { skip }, async () => {
  await place.docker("network", "create", ...network, "blue");
  await place.run("one", "--network", "blue");
  const { pools } = plugin.state;
  await host.killDaemon();
  await plugin.kill();
  plugin.loseState({ pools: {} });
  await plugin.run();
  await place.startDaemon();
  await eventually(() => assert.deepEqual(plugin.state.pools, pools));
});

test("PLUG-20 a plugin that is not there keeps neither the daemon nor others from starting", { skip }, async () => {
  await place.docker("network", "create", ...network, "blue");
  await place.run("one", "--network", "blue");
  await host.killDaemon();
  await plugin.kill();
  await place.startDaemon();
  await place.run("other");
  assert.match(await place.inside("one", "ip", "-o", "addr", "show", "eth0"), /inet 10\.99\./);
  assert.match(await place.refused("two", "--network", "blue"), /plugin "labkept" does not answer/);
  await place.docker("rm", "-f", "one");
  await plugin.run();
  await eventually(() => assert.equal(endpoints(), 0));
  await place.run("three", "--network", "blue");
});

for (const verb of ["CreateEndpoint", "Join", "ProgramExternalConnectivity"]) {
  test(`PLUG-21 a daemon that is killed while a plugin is at ${verb} gives back what nobody owns, at its next start`, {
    skip,
  }, async () => {
    await place.docker("network", "create", ...network, "blue");
    const before = await host.snapshot();
    plugin.forget();
    plugin.order({ [`NetworkDriver.${verb}`]: { hang: true, after: true } });
    const starting = host.cli("run", "-d", "--name", "one", "--rootfs", "host", "--network", "blue", "sleep", "9");
    await eventually(() => assert.ok(plugin.verbs.includes(`NetworkDriver.${verb}`)));
    await eventually(() => assert.equal(endpoints(), 1));
    await host.killDaemon();
    await starting;
    plugin.order({});
    await place.startDaemon();
    await eventually(() => assert.equal(endpoints(), 0));
    assert.match(await place.repair(), /agree/);
    await place.docker("start", "one");
    await place.docker("rm", "-f", "one");
    assert.deepEqual(await host.snapshot(), before);
  });
}

test("PLUG-22 a daemon that is killed while a plugin makes a network gives that back, pool and all", {
  skip,
}, async () => {
  const before = await host.snapshot();
  plugin.forget();
  plugin.order({ "NetworkDriver.CreateNetwork": { hang: true, after: true } });
  const creating = host.docker("network", "create", ...network, "blue");
  await eventually(() => assert.ok(plugin.verbs.includes("NetworkDriver.CreateNetwork")));
  await host.killDaemon();
  await creating;
  plugin.order({});
  await place.startDaemon();
  await eventually(() => assert.deepEqual(plugin.state, nothing));
  assert.deepEqual(await host.snapshot(), before);
});

test("PLUG-23 containers that ended, and removals that were cut short, while the daemon was away are given back", {
  skip,
}, async () => {
  await place.docker("network", "create", ...network, "blue");
  await place.run("one", "--network", "blue");
  await place.run("two", "--network", "blue");
  const pid = await place.docker("inspect", "-f", "{{.State.Pid}}", "one");
  plugin.order({ "NetworkDriver.Leave": { hang: true } });
  const removing = host.docker("rm", "-f", "two");
  await eventually(() => assert.ok(plugin.verbs.includes("NetworkDriver.Leave")));
  await host.killDaemon();
  await removing;
  await host.run("kill", "-KILL", pid);
  plugin.order({});
  await place.startDaemon();
  await eventually(() => assert.equal(endpoints(), 0));
});

test("PLUG-24 whenever the daemon is killed, the plugin has in the end what runs, and no more", { skip }, async () => {
  await place.docker("network", "create", ...network, "blue");
  for (let round = 0; round < 6; round++) {
    const running = host.cli("run", "-d", "--rootfs", "host", "--network", "blue", "sleep", "infinity");
    await delay(40 + round * 60);
    await host.killDaemon();
    await running;
    await place.startDaemon();
    const ids = (await place.docker("ps", "-q")).split("\n").filter((id) => id !== "");
    await eventually(() => assert.equal(endpoints(), ids.length));
    assert.match(await place.repair(), /agree/);
  }
});
