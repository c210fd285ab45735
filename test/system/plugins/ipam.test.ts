import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear } from "../../../lab/api.ts";
import { nothing, PluginPlace } from "./place.ts";

const place = await PluginPlace.create("labipam");
after(() => place[Symbol.asyncDispose]());
const { host, plugin } = place;
afterEach(async () => {
  plugin.order({});
  await clear(host);
});

const taken = () => Object.values(plugin.state.pools).map(({ subnet, taken: addresses }) => [subnet, addresses]);

test("PLUG-7 a bridge network with addresses of an IPAM plugin: asked for, shown, used, given back", async () => {
  plugin.forget();
  const options = ["--ipam-driver", "labipam", "--ipam-opt", "rack=7"];
  await place.docker(
    "network",
    "create",
    ...options,
    "--subnet",
    "10.70.0.0/24",
    "--aux-address",
    "x=10.70.0.9",
    "blue",
  );
  assert.deepEqual(plugin.asked("IpamDriver.RequestPool"), [
    { AddressSpace: "lab-local", Pool: "10.70.0.0/24", SubPool: "", Options: { rack: "7" }, V6: false },
  ]);
  assert.deepEqual(plugin.asked("IpamDriver.RequestAddress"), [
    { PoolID: "pool-10.70.0.0/24", Address: "", Options: { RequestAddressType: "com.docker.network.gateway" } },
    { PoolID: "pool-10.70.0.0/24", Address: "10.70.0.9", Options: {} },
  ]);
  const { IPAM } = JSON.parse(await place.docker("network", "inspect", "blue"))[0];
  assert.deepEqual(IPAM, {
    Driver: "labipam",
    Options: { rack: "7" },
    Config: [{ Subnet: "10.70.0.0/24", Gateway: "10.70.0.1", AuxiliaryAddresses: { x: "10.70.0.9" } }],
  });
  await place.run("one", "--network", "blue");
  await place.run("two", "--network", "blue", "--ip", "10.70.0.77");
  const [one, two] = [await place.inspect("one", "blue"), await place.inspect("two", "blue")];
  assert.deepEqual([one.IPAddress, one.IPPrefixLen, one.Gateway], ["10.70.0.2", 24, "10.70.0.1"]);
  assert.equal(two.IPAddress, "10.70.0.77");
  await place.inside("one", "ping", "-c1", "-W2", "two");
  assert.deepEqual(taken(), [["10.70.0.0/24", ["10.70.0.1", "10.70.0.9", "10.70.0.2", "10.70.0.77"]]]);
  assert.match(
    await place.refused("three", "--network", "blue", "--ip", "10.70.0.77"),
    /remote: .*10\.70\.0\.77 is taken/,
  );
  await place.docker("network", "disconnect", "blue", "one");
  await place.docker("rm", "-f", "two");
  await place.docker("network", "rm", "blue");
  assert.deepEqual(plugin.state, nothing);
});

test("PLUG-8 both halves of a plugin together: a subnet of its choice, and an address that outlives a restart of the container", async () => {
  await place.docker("network", "create", "-d", "labipam", "--ipam-driver", "labipam", "blue");
  await place.run("one", "--network", "blue");
  await place.run("two", "--network", "blue");
  const before = await place.inspect("one", "blue");
  assert.match(before.IPAddress, /^10\.99\.\d+\.2$/);
  await place.inside("two", "ping", "-c1", "-W2", "one");
  await place.docker("restart", "-t", "0", "one");
  assert.equal((await place.inspect("one", "blue")).IPAddress, before.IPAddress);
  await place.inside("two", "ping", "-c1", "-W2", "one");
  await place.docker("rm", "-f", "one", "two");
  await place.docker("network", "rm", "blue");
  assert.deepEqual(plugin.state, nothing);
});

test("PLUG-9 the null IPAM driver leaves addresses to the network plugin, and is refused where nobody gives them", async () => {
  plugin.forget();
  plugin.order({
    "NetworkDriver.CreateEndpoint": {
      answer: { Interface: { Address: "10.71.0.5/24", MacAddress: "02:00:00:00:00:71" } },
    },
  });
  await place.docker("network", "create", "-d", "labipam", "--ipam-driver", "null", "blue");
  assert.deepEqual(plugin.asked("NetworkDriver.CreateNetwork")[0]?.["IPv4Data"], [
    { AddressSpace: "null", Pool: "0.0.0.0/0" },
  ]);
  await place.run("one", "--network", "blue");
  const { IPAddress, MacAddress } = await place.inspect("one", "blue");
  assert.deepEqual([IPAddress, MacAddress], ["10.71.0.5", "02:00:00:00:00:71"]);
  assert.match(await place.inside("one", "ip", "-o", "addr"), /eth0 +inet 10\.71\.0\.5\/24/);
  await place.docker("stop", "-t", "0", "one");
  assert.equal((await place.inspect("one", "blue")).IPAddress, "");
  assert.match(
    await place.failure("network", "create", "--ipam-driver", "null", "red"),
    /null IPAM driver gives no addresses/,
  );
});

test("PLUG-10 a pool of the plugin's choice that a route of the host covers is given back, and another is taken", async () => {
  await host.run("ip", "route", "add", "blackhole", "10.99.0.0/24");
  await place.docker("network", "create", "--ipam-driver", "labipam", "blue");
  const { IPAM } = JSON.parse(await place.docker("network", "inspect", "blue"))[0];
  assert.equal(IPAM.Config[0].Subnet, "10.99.1.0/24");
  assert.deepEqual(Object.keys(plugin.state.pools), ["pool-10.99.1.0/24"]);
  await host.run("ip", "route", "del", "blackhole", "10.99.0.0/24");
});
