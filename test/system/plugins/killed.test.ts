import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { clear } from "../../../lab/api.ts";
import { nothing, PluginPlace } from "./place.ts";

const place = await PluginPlace.create("labkilled", "--plugin-timeout", "5");
after(() => place[Symbol.asyncDispose]());
const { host, plugin, eventually } = place;
const network = ["-d", "labkilled", "--ipam-driver", "labkilled"];
afterEach(async () => {
  plugin.order({});
  await clear(host);
});

const endpoints = () => Object.keys(plugin.state.endpoints).length;

for (const verb of ["CreateEndpoint", "Join", "ProgramExternalConnectivity"]) {
  test(`PLUG-21 a daemon that is killed while a plugin is at ${verb} gives back what nobody owns, at its next start`, async () => {
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

test("PLUG-21 a connect that a kill of the daemon cut short is completed at the next start, or undone", async () => {
  await place.docker("network", "create", ...network, "blue");
  await place.run("other", "--network", "blue");
  await place.run("one");
  for (const [verb, then] of [
    ["Join", "completed"],
    ["CreateEndpoint", "undone"],
  ] as const) {
    plugin.forget();
    plugin.order({ [`NetworkDriver.${verb}`]: { hang: true, after: true } });
    const connecting = host.docker("network", "connect", "blue", "one");
    await eventually(() => assert.ok(plugin.verbs.includes(`NetworkDriver.${verb}`)));
    await eventually(() => assert.equal(endpoints(), 2));
    await host.killDaemon();
    await connecting;
    plugin.order(then === "undone" ? { "NetworkDriver.CreateEndpoint": { fail: "not now" } } : {});
    plugin.forget();
    await place.startDaemon();
    await eventually(() => assert.ok(plugin.verbs.includes("NetworkDriver.CreateEndpoint")));
    if (then === "completed") {
      await eventually(() => assert.ok(plugin.verbs.includes("NetworkDriver.Join")));
      await place.docker("network", "disconnect", "blue", "one");
    }
    await eventually(() => assert.equal(endpoints(), 1));
    assert.doesNotMatch(await place.inside("one", "ip", "-o", "link"), /eth1/);
    assert.match(await place.repair(), /agree/);
  }
});

test("PLUG-22 a daemon that is killed while a plugin makes a network gives that back, pool and all", async () => {
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

test("PLUG-22 a daemon that is killed while a plugin removes a network: it can be removed afterwards", async () => {
  const before = await host.snapshot();
  await place.docker("network", "create", ...network, "blue");
  plugin.forget();
  plugin.order({ "NetworkDriver.DeleteNetwork": { hang: true, after: true } });
  const removing = host.docker("network", "rm", "blue");
  await eventually(() => assert.deepEqual(plugin.state.networks, {}));
  await host.killDaemon();
  await removing;
  plugin.order({});
  await place.startDaemon();
  await place.docker("network", "rm", "blue");
  assert.deepEqual(plugin.state, nothing);
  assert.deepEqual(await host.snapshot(), before);
});

test("PLUG-24 whenever the daemon is killed, the plugin has in the end what runs, and no more", async () => {
  await place.docker("network", "create", ...network, "blue");
  for (let round = 0; round < 4; round++) {
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
