import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear } from "../../../lab/api.ts";
import type { Order } from "../../../lab/plugin/protocol.ts";
import { nothing, PluginPlace } from "./place.ts";

const place = await PluginPlace.create("labfail", "--plugin-timeout", "1");
after(() => place[Symbol.asyncDispose]());
const { host, plugin, eventually } = place;
afterEach(async () => {
  plugin.order({});
  await clear(host);
});

/** Ways to fail, and what the user then reads. */
const ways: readonly [way: string, order: Order, message: RegExp][] = [
  ["refuses", { fail: "no room on the rack" }, /remote: no room on the rack/],
  ["answers with no JSON", { raw: { status: 200, text: "<html>oops" } }, /no JSON object: <html>oops/],
  ["answers with a status", { raw: { status: 500, text: "kaputt" } }, /HTTP status 500: kaputt/],
  ["hangs after it has done it", { hang: true, after: true }, /does not answer .*: nothing came within 1 second/],
];

const creating = ["CreateNetwork"] as const;
const starting = ["CreateEndpoint", "Join", "ProgramExternalConnectivity"] as const;
const network = ["-d", "labfail", "--ipam-driver", "labfail"];

for (const [way, order, message] of ways) {
  for (const verb of creating) {
    test(`PLUG-11 network create, when the plugin ${way} at ${verb}, leaves host and plugin as they were`, async () => {
      const before = await host.snapshot();
      plugin.order({ [`NetworkDriver.${verb}`]: order });
      assert.match(await place.failure("network", "create", ...network, "blue"), message);
      plugin.order({});
      await eventually(() => assert.deepEqual(plugin.state, nothing));
      assert.deepEqual(await host.snapshot(), before);
    });
  }
  for (const verb of starting) {
    test(`PLUG-12 start and connect, when the plugin ${way} at ${verb}, leave host and plugin as they were`, async () => {
      await place.docker("network", "create", ...network, "blue");
      await place.run("other", "--network", "none");
      await place.run("live");
      const before = await host.snapshot();
      const endpoints = { ...plugin.state.endpoints };
      plugin.order({ [`NetworkDriver.${verb}`]: order });
      assert.match(await place.refused("one", "--network", "blue"), message);
      assert.match(await place.failure("network", "connect", "blue", "live"), message);
      plugin.order({});
      await place.docker("rm", "-f", "one");
      await eventually(() => assert.deepEqual(plugin.state.endpoints, endpoints));
      assert.deepEqual(await host.snapshot(), before);
      await place.run("two", "--network", "blue");
      await place.docker("network", "connect", "blue", "live");
      await place.inside("two", "ping", "-c1", "-W2", "live");
    });
  }
}

for (const verb of ["RequestPool", "RequestAddress"]) {
  test(`PLUG-13 network create, when the IPAM plugin refuses at ${verb}, leaves host and plugin as they were`, async () => {
    const before = await host.snapshot();
    plugin.order({ [`IpamDriver.${verb}`]: { fail: "nothing left" } });
    assert.match(await place.failure("network", "create", ...network, "blue"), /remote: nothing left/);
    assert.deepEqual(plugin.state, nothing);
    assert.deepEqual(await host.snapshot(), before);
  });
}

test("PLUG-14 a plugin that refuses to remove a network keeps it; one that does not answer, too", async () => {
  await place.docker("network", "create", ...network, "blue");
  plugin.order({ "NetworkDriver.DeleteNetwork": { fail: "still in use by me" } });
  assert.match(await place.failure("network", "rm", "blue"), /remote: still in use by me/);
  plugin.order({ "NetworkDriver.DeleteNetwork": { hang: true } });
  assert.match(
    await place.failure("network", "rm", "blue"),
    /plugin "labfail" does not answer NetworkDriver.DeleteNetwork/,
  );
  plugin.order({});
  await place.docker("network", "rm", "blue");
  assert.deepEqual(plugin.state, nothing);
});
