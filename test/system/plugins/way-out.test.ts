import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear } from "../../../lab/api.ts";
import { PluginPlace } from "./place.ts";

const place = await PluginPlace.create("labinner");
after(() => place[Symbol.asyncDispose]());
const { host, plugin } = place;
afterEach(async () => {
  plugin.order({});
  await clear(host);
});

const noGateway = { Gateway: "", DisableGatewayService: false };
const legs = async () =>
  (JSON.parse(await place.docker("network", "inspect", "docker_gwbridge"))[0].Containers as Record<
    string,
    { Name: string }
  >) ?? {};
const routes = (name: string) => place.inside(name, "ip", "route");

test("PLUG-26 a container whose plugin offers no way out has a leg on docker_gwbridge, as long as it runs and needs it", async () => {
  plugin.order({ "NetworkDriver.Join": { answer: noGateway } });
  await place.docker("network", "create", "-d", "labinner", "--subnet", "10.80.0.0/24", "blue");
  const id = await place.run("one", "--network", "blue", "-p", "127.0.0.1:8088:80");
  await place.run("two", "--network", "blue");
  assert.match(await routes("one"), /^default via 172\.18\.0\.1 dev eth1/m);
  assert.deepEqual(
    Object.values(await legs())
      .map(({ Name }) => Name)
      .sort()[0]
      ?.slice(0, 8),
    "gateway_",
  );
  assert.ok(Object.values(await legs()).some(({ Name }) => Name === `gateway_${id.trim().slice(0, 12)}`));
  assert.deepEqual(
    JSON.parse(await place.docker("inspect", "-f", "{{json .NetworkSettings.Networks}}", "one")).docker_gwbridge,
    undefined,
  );
  assert.equal(await place.docker("port", "one"), "80/tcp -> 127.0.0.1:8088");
  await place.inside("one", "ping", "-c1", "-W2", "172.18.0.1");
  await place.inside("one", "ping", "-c1", "-W2", "two");
  const other = /inet (172\.18\.0\.\d+)/.exec(await place.inside("two", "ip", "-o", "addr", "show", "eth1"))?.[1] ?? "";
  await assert.rejects(place.inside("one", "ping", "-c1", "-W1", "-I", "eth1", other));
  assert.match(await place.repair(), /agree/);
  await host.killDaemon();
  await place.startDaemon();
  assert.match(await routes("one"), /^default via 172\.18\.0\.1 dev eth1/m);
  await place.docker("stop", "-t", "0", "one");
  assert.equal(Object.keys(await legs()).length, 1);
  await place.docker("start", "one");
  await place.docker("rm", "-f", "one", "two");
  assert.deepEqual(await legs(), {});
  await place.docker("network", "rm", "docker_gwbridge");
});

test("PLUG-26 a leg comes and goes with the networks of a running container", async () => {
  plugin.order({ "NetworkDriver.Join": { answer: noGateway } });
  await place.docker("network", "create", "-d", "labinner", "--subnet", "10.81.0.0/24", "blue");
  await place.docker("network", "create", "--subnet", "10.82.0.0/24", "inner");
  await place.run("one", "--network", "blue");
  assert.equal(Object.keys(await legs()).length, 1);
  await place.docker("network", "connect", "inner", "one");
  assert.match(await routes("one"), /^default via 10\.82\.0\.1 /m);
  assert.deepEqual(await legs(), {});
  await place.docker("network", "disconnect", "inner", "one");
  assert.equal(Object.keys(await legs()).length, 1);
  assert.match(await routes("one"), /^default via 172\.1\d\.0\.1 /m);
  await place.docker("network", "disconnect", "blue", "one");
  assert.deepEqual(await legs(), {});
  assert.match(await place.repair(), /agree/);
});

test("PLUG-27 no leg for a plugin that objects (DisableGatewayService), nor on an internal network", async () => {
  plugin.order({ "NetworkDriver.Join": { answer: { Gateway: "", DisableGatewayService: true } } });
  await place.docker("network", "create", "-d", "labinner", "--subnet", "10.83.0.0/24", "blue");
  await place.run("one", "--network", "blue");
  assert.doesNotMatch(await routes("one"), /default/);
  plugin.order({ "NetworkDriver.Join": { answer: noGateway } });
  await place.docker("network", "create", "-d", "labinner", "--internal", "--subnet", "10.84.0.0/24", "inside");
  await place.run("two", "--network", "inside");
  assert.doesNotMatch(await routes("two"), /default/);
});
