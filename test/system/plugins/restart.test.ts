import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear } from "../../../lab/api.ts";
import { nothing, PluginPlace } from "./place.ts";

const place = await PluginPlace.create("labkept", "--plugin-timeout", "5");
after(() => place[Symbol.asyncDispose]());
const { host, plugin, eventually } = place;
const network = ["-d", "labkept", "--ipam-driver", "labkept"];
afterEach(async () => {
  plugin.order({});
  await clear(host);
});

const endpoints = () => Object.keys(plugin.state.endpoints).length;

test("PLUG-18 a daemon that is killed and started leaves containers of plugins alone, and knows them again", async () => {
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

test("PLUG-19 an IPAM plugin that keeps nothing is told at the next start what it gave", async () => {
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

test("PLUG-20 a plugin that is not there keeps neither the daemon nor others from starting", async () => {
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

test("PLUG-23 containers that ended, and removals that were cut short, while the daemon was away are given back", async () => {
  await place.docker("network", "create", ...network, "blue");
  await place.run("one", "--network", "blue");
  await place.run("two", "--network", "blue");
  const pid = await place.docker("inspect", "-f", "{{.State.Pid}}", "one");
  plugin.forget();
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
