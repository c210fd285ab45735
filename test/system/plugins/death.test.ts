import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear } from "../../../lab/api.ts";
import { PluginPlace } from "./place.ts";

const place = await PluginPlace.create("labdeath", "--plugin-timeout", "2");
after(() => place[Symbol.asyncDispose]());
const { host, plugin, eventually } = place;
const network = ["-d", "labdeath", "--ipam-driver", "labdeath"];
afterEach(async () => {
  plugin.order({});
  await clear(host);
});

test("PLUG-15 a plugin that dies: containers run on and can be stopped, what it is owed it gets when it is back", async () => {
  await place.docker("network", "create", ...network, "blue");
  await place.run("one", "--network", "blue");
  await place.run("two", "--network", "blue");
  const address = (await place.inspect("two", "blue")).IPAddress;
  await plugin.kill();
  await place.inside("one", "ping", "-c1", "-W2", address);
  assert.match(await place.refused("three", "--network", "blue"), /plugin "labdeath" does not answer/);
  await place.docker("rm", "-f", "two");
  assert.equal(Object.keys(plugin.state.endpoints).length, 2);
  await plugin.run();
  await eventually(() => assert.equal(Object.keys(plugin.state.endpoints).length, 1));
  await place.run("four", "--network", "blue");
  // It may have the address of "two": what "one" knows of that is replaced by an announcement.
  await place.inside("one", "ping", "-c5", "-W2", "four");
});

test("PLUG-16 a plugin that dies at a verb: the call fails in words, and is undone when the plugin is back", async () => {
  await place.docker("network", "create", ...network, "blue");
  for (const verb of ["CreateEndpoint", "Join"]) {
    plugin.order({ [`NetworkDriver.${verb}`]: { die: true, after: true } });
    assert.match(
      await place.refused(`at-${verb.toLowerCase()}`, "--network", "blue"),
      /plugin "labdeath" does not answer/,
    );
    await plugin.ended();
    plugin.order({});
    await plugin.run();
    await eventually(() => assert.deepEqual(plugin.state.endpoints, {}));
  }
});

test("PLUG-17 a plugin that hangs holds up neither other networks nor the reconciler", async () => {
  await place.docker("network", "create", ...network, "blue");
  await place.docker("network", "create", "inner");
  plugin.order({ "NetworkDriver.CreateEndpoint": { hang: true } });
  let done = false;
  const hanging = place.refused("one", "--network", "blue", "--network", "inner").then(() => (done = true));
  plugin.forget();
  await eventually(() => assert.ok(plugin.verbs.includes("NetworkDriver.CreateEndpoint")));
  const [repaired] = await Promise.all([place.repair(), place.docker("network", "create", "quick")]);
  assert.match(repaired, /agree/);
  assert.equal(done, false);
  await hanging;
  await place.docker("rm", "-f", "one");
  await place.docker("network", "create", "-d", "labdeath", "unused");
  plugin.order({ "NetworkDriver.DeleteNetwork": { hang: true } });
  plugin.forget();
  const pruning = place.failure("network", "prune", "-f");
  await eventually(() => assert.ok(plugin.verbs.includes("NetworkDriver.DeleteNetwork")));
  await place.docker("network", "create", "meanwhile");
  assert.match(await pruning, /plugin "labdeath" does not answer NetworkDriver.DeleteNetwork/);
  plugin.order({});
  await place.docker("network", "prune", "-f");
  assert.deepEqual(plugin.state.networks, {});
});

test("PLUG-17 a plugin that hangs holds up nobody while rm -f takes the maker of a sandbox off its network", async () => {
  await place.docker("network", "create", ...network, "blue");
  await place.docker("network", "create", "inner");
  await place.run("creator", "--network", "blue", "--network", "inner");
  await place.run("joiner", "--network", "container:creator");
  plugin.order({ "NetworkDriver.DeleteEndpoint": { hang: true } });
  plugin.forget();
  let done = false;
  const removing = place.docker("rm", "-f", "creator").then(() => (done = true));
  await eventually(() => assert.ok(plugin.verbs.includes("NetworkDriver.DeleteEndpoint")));
  const [repaired] = await Promise.all([place.repair(), place.docker("network", "rm", "inner")]);
  assert.match(repaired, /agree/);
  assert.equal(done, false);
  await removing;
  plugin.order({});
  await eventually(() => assert.deepEqual(plugin.state.endpoints, {}));
});
