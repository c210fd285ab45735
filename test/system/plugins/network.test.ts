import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear } from "../../../lab/api.ts";
import { LabPlugin } from "../../../lab/plugin/plugin.ts";
import { nothing, PluginPlace } from "./place.ts";

const place = await PluginPlace.create("labnet");
after(() => place[Symbol.asyncDispose]());
const { host, plugin } = place;
afterEach(async () => {
  plugin.order({});
  await clear(host);
});

test("PLUG-1 a network of a plugin: what it is asked for, and two containers that reach each other", async () => {
  plugin.forget();
  const id = await place.docker(
    ...["network", "create", "-d", "labnet", "-o", "color=blue", "--subnet", "10.60.0.0/24", "--internal", "blue"],
  );
  assert.deepEqual(plugin.asked("NetworkDriver.CreateNetwork"), [
    {
      NetworkID: id,
      Options: {
        "com.docker.network.enable_ipv4": true,
        "com.docker.network.enable_ipv6": false,
        "com.docker.network.internal": true,
        "com.docker.network.generic": { color: "blue" },
      },
      IPv4Data: [{ AddressSpace: "LocalDefault", Pool: "10.60.0.0/24", Gateway: "10.60.0.1/24" }],
      IPv6Data: [],
    },
  ]);
  await place.run("one", "--network", "blue", "--ip", "10.60.0.7");
  await place.run("two", "--network", "blue");
  const [one, two] = [await place.inspect("one", "blue"), await place.inspect("two", "blue")];
  assert.deepEqual([one.IPAddress, one.IPPrefixLen], ["10.60.0.7", 24]);
  const [made] = plugin.asked("NetworkDriver.CreateEndpoint");
  assert.deepEqual(made, {
    NetworkID: id,
    EndpointID: one.EndpointID,
    Interface: { Address: "10.60.0.7/24", AddressIPv6: "", MacAddress: "" },
    Options: { "com.docker.network.endpoint.exposedports": [], "com.docker.network.portmap": [] },
  });
  assert.match(String(plugin.asked("NetworkDriver.Join")[0]?.["SandboxKey"]), /^\/.*netns\/[0-9a-f]{64}$/);
  const link = await place.inside("one", "ip", "-o", "link", "show", "eth0");
  assert.match(link, new RegExp(`state UP .*link/ether ${one.MacAddress} `));
  await place.inside("one", "ping", "-c1", "-W2", two.IPAddress);
  await place.inside("two", "ping", "-c1", "-W2", "one");
  assert.match(await place.inside("one", "ip", "route"), /^default via 10\.60\.0\.1 dev eth0/m);
  assert.match(await place.repair(), /agree/);
  const listed = JSON.parse(await place.docker("network", "inspect", "blue"))[0];
  assert.deepEqual([listed.Driver, listed.Scope, Object.keys(listed.Containers).length], ["labnet", "local", 2]);
});

test("PLUG-2 everything made is given back: at stop, at removal, and with the network", async () => {
  const before = await host.snapshot();
  await place.docker("network", "create", "-d", "labnet", "blue");
  await place.run("one", "--network", "blue");
  plugin.forget();
  await place.docker("stop", "-t", "0", "one");
  const gone = ["RevokeExternalConnectivity", "Leave", "DeleteEndpoint"].map((verb) => `NetworkDriver.${verb}`);
  assert.deepEqual(plugin.verbs, gone);
  assert.deepEqual(plugin.state.endpoints, {});
  await place.docker("start", "one");
  assert.equal(Object.keys(plugin.state.endpoints).length, 1);
  await place.docker("rm", "-f", "one");
  await place.docker("network", "rm", "blue");
  assert.deepEqual(plugin.state, nothing);
  assert.deepEqual(await host.snapshot(), before);
});

test("PLUG-3 connect and disconnect are live, and the default route moves with them", async () => {
  await place.docker("network", "create", "-d", "labnet", "--subnet", "10.61.0.0/24", "blue");
  await place.docker("network", "create", "--subnet", "10.62.0.0/24", "inner");
  await place.run("one", "--network", "inner");
  await place.run("two", "--network", "blue");
  await place.docker("network", "connect", "blue", "one");
  await place.inside("one", "ping", "-c1", "-W2", "two");
  assert.match(await place.inside("one", "ip", "route"), /^default via 10\.61\.0\.1 dev eth1/m);
  await place.docker("network", "disconnect", "blue", "one");
  assert.match(await place.inside("one", "ip", "route"), /^default via 10\.62\.0\.1 dev eth0/m);
  assert.doesNotMatch(await place.inside("one", "ip", "-o", "link"), /eth1/);
  assert.equal(Object.keys(plugin.state.endpoints).length, 1);
  assert.match(await place.repair(), /agree/);
});

test("PLUG-4 ports go to the plugin that leads outside, and are revoked when another network does", async () => {
  await place.docker("network", "create", "-d", "labnet", "blue");
  await place.docker("network", "create", "--subnet", "10.63.0.0/24", "aaa");
  await place.run("one", "--network", "blue", "-p", "127.0.0.1:8080:80", "--expose", "90/udp");
  const [asked] = plugin.asked("NetworkDriver.ProgramExternalConnectivity").slice(-1);
  assert.deepEqual(asked?.["Options"], {
    "com.docker.network.endpoint.exposedports": [
      { Proto: 6, Port: 80 },
      { Proto: 17, Port: 90 },
    ],
    "com.docker.network.portmap": [
      { Proto: 6, IP: "", Port: 80, HostIP: "127.0.0.1", HostPort: 8080, HostPortEnd: 8080 },
    ],
  });
  plugin.forget();
  await place.docker("network", "connect", "aaa", "one");
  assert.deepEqual(plugin.verbs, ["NetworkDriver.RevokeExternalConnectivity"]);
  await place.docker("network", "disconnect", "aaa", "one");
  assert.deepEqual(plugin.verbs.slice(1), ["NetworkDriver.ProgramExternalConnectivity"]);
});

test("PLUG-5 names, routes and gateways of the plugin's answer are carried out; what makes no sense is refused", async () => {
  await place.docker("network", "create", "-d", "labnet", "--subnet", "10.64.0.0/24", "blue");
  const answer = {
    Gateway: "",
    StaticRoutes: [
      { Destination: "198.51.100.0/24", RouteType: 0, NextHop: "10.64.0.9" },
      { Destination: "169.254.1.1/32", RouteType: 1, NextHop: "" },
      { Destination: "0.0.0.0/0", RouteType: 0, NextHop: "10.64.0.8" },
    ],
  };
  plugin.order({ "NetworkDriver.Join": { answer } });
  await place.run("one", "--network", "blue");
  const routes = await place.inside("one", "ip", "route");
  for (const route of [
    /^default via 10\.64\.0\.8 dev eth0/m,
    /^198\.51\.100\.0\/24 via 10\.64\.0\.9 /m,
    /^169\.254\.1\.1 dev eth0 /m,
  ])
    assert.match(routes, route);
  const wrong: readonly [verb: string, answer: Record<string, unknown>, message: RegExp][] = [
    [
      "NetworkDriver.CreateEndpoint",
      { Interface: { Address: "10.64.0.99/24" } },
      /driver modified interface address: 10\.64\.0\.\d+\/24 was given/,
    ],
    [
      "NetworkDriver.Join",
      { InterfaceName: { SrcName: "nowhere", DstPrefix: "eth" } },
      /this host has no link "nowhere"/,
    ],
    ["NetworkDriver.Join", { Gateway: "x" }, /Gateway "x" is no IPv4 address/],
    ["NetworkDriver.Join", { StaticRoutes: [{ Destination: "y" }] }, /Destination "y" is no IPv4 or IPv6 address/],
  ];
  const before = plugin.state;
  for (const [verb, changed, message] of wrong) {
    plugin.order({ [verb]: { answer: changed } });
    assert.match(await place.refused("two", "--network", "blue"), message);
    assert.deepEqual(plugin.state, before);
    plugin.order({});
    await place.docker("rm", "two");
  }
});

test("PLUG-6 a plugin that is installed later is found, and one that is not there is not: Docker's words", async () => {
  assert.match(await place.failure("network", "create", "-d", "later", "green"), /plugin "later" not found/);
  assert.match(await place.failure("network", "create", "--ipam-driver", "later", "green"), /plugin "later" not found/);
  const later = await LabPlugin.start(host, "later");
  await place.docker("network", "create", "-d", "later", "green");
  assert.match(await place.docker("info", "-f", "{{json .Plugins.Network}}"), /"labnet","later"/);
  await place.docker("network", "rm", "green");
  await later.kill();
  assert.equal(await place.docker("plugin", "ls", "-q"), "");
  assert.match(await place.failure("plugin", "install", "--grant-all-permissions", "x/y"), /start the plugin yourself/);
});
