import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear } from "../../../lab/api.ts";
import { installSpecification, LabPlugin } from "../../../lab/plugin/plugin.ts";
import { PluginPlace } from "./place.ts";

const place = await PluginPlace.create("labcaps");
after(() => place[Symbol.asyncDispose]());
const { host, plugin } = place;
afterEach(async () => {
  plugin.order({});
  await clear(host);
});

test("PLUG-28 GwAllocChecker: a network whose plugin wants no gateway has none", async () => {
  plugin.order({
    "NetworkDriver.GetCapabilities": { answer: { GwAllocChecker: true } },
    "NetworkDriver.GwAllocCheck": { raw: { status: 200, text: '{"SkipIPv4":true,"SkipIPv6":false}' } },
  });
  plugin.forget();
  await place.docker("network", "create", "-d", "labcaps", "-o", "a=b", "--subnet", "10.90.0.0/24", "blue");
  assert.deepEqual(plugin.asked("NetworkDriver.CreateNetwork")[0]?.["IPv4Data"], [
    { AddressSpace: "LocalDefault", Pool: "10.90.0.0/24" },
  ]);
  assert.deepEqual(
    plugin.asked("NetworkDriver.GwAllocCheck")[0]?.["Options"],
    plugin.asked("NetworkDriver.CreateNetwork")[0]?.["Options"],
  );
  const { IPAM } = JSON.parse(await place.docker("network", "inspect", "blue"))[0];
  assert.deepEqual(IPAM.Config, [{ Subnet: "10.90.0.0/24" }]);
});

test("PLUG-28 RequiresMACAddress: addresses are asked for with a MAC, and the container has it", async () => {
  plugin.order({ "IpamDriver.GetCapabilities": { answer: { RequiresMACAddress: true } } });
  await place.docker("network", "create", "-d", "labcaps", "--ipam-driver", "labcaps", "blue");
  plugin.forget();
  await place.run("one", "--network", "blue");
  const asked = plugin.asked("IpamDriver.RequestAddress")[0]?.["Options"] as Record<string, string>;
  const { MacAddress } = await place.inspect("one", "blue");
  assert.deepEqual(asked, { "com.docker.network.endpoint.macaddress": MacAddress });
  assert.match(await place.inside("one", "ip", "-o", "link", "show", "eth0"), new RegExp(`link/ether ${MacAddress} `));
});

test("PLUG-28 a scope that is none is refused, and global is taken for this host's", async () => {
  plugin.order({ "NetworkDriver.GetCapabilities": { answer: { Scope: "solar" } } });
  assert.match(
    await place.failure("network", "create", "-d", "labcaps", "x"),
    /expecting 'local' or 'global', got solar/,
  );
  plugin.order({ "NetworkDriver.GetCapabilities": { answer: { Scope: "global", ConnectivityScope: "global" } } });
  await place.docker("network", "create", "-d", "labcaps", "x");
  assert.equal(await place.docker("network", "inspect", "-f", "{{.Scope}}", "x"), "local");
});

test("PLUG-29 a plugin at a TCP port that a specification names", async () => {
  await LabPlugin.start(host, "far", { address: "7007" });
  installSpecification(host, "far.spec", "tcp://127.0.0.1:7007\n");
  installSpecification(host, "near.json", JSON.stringify({ Name: "near", Addr: "http://127.0.0.1:7007" }));
  for (const name of ["far", "near"]) {
    await place.docker("network", "create", "-d", name, `by-${name}`);
    await place.run(`on-${name}`, "--network", `by-${name}`);
  }
});
