import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear } from "../../lab/api.ts";
import { Host } from "../../lab/host.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
afterEach(() => clear(host));

const network = (name: string, n: number, ...options: string[]) =>
  host.fairlead("network", "create", "--subnet", `10.${n}.0.0/24`, ...options, name);
const run = (...networks: string[]) =>
  host.fairlead(
    "run",
    "-d",
    "--rootfs",
    "host",
    "--name",
    "one",
    ...networks.flatMap((each) => ["--network", each]),
    "sleep",
    "infinity",
  );
/** The gateway of the container's default route; "" without one. There is never more than one. */
const gateway = async (family = 4): Promise<string> => {
  const routes = await host.fairlead("exec", "one", "ip", "-j", `-${family}`, "route", "show", "default");
  const found = JSON.parse(routes || "[]") as { gateway: string }[];
  assert.ok(found.length < 2, routes);
  return found[0]?.gateway ?? "";
};
const connect = (...args: string[]) => host.fairlead("network", "connect", ...args, "one");
const disconnect = (name: string) => host.fairlead("network", "disconnect", name, "one");

test("EP-5 the network first in byte order of names gives the default route, chosen anew on connect and disconnect", async () => {
  await network("mike", 5);
  await network("alpha", 6);
  await network("Zulu", 7);
  await run("mike");
  assert.equal(await gateway(), "10.5.0.1");
  await connect("alpha");
  assert.equal(await gateway(), "10.6.0.1");
  await connect("Zulu");
  assert.equal(await gateway(), "10.7.0.1");
  await disconnect("Zulu");
  assert.equal(await gateway(), "10.6.0.1");
  await disconnect("alpha");
  assert.equal(await gateway(), "10.5.0.1");
  await disconnect("mike");
  assert.equal(await gateway(), "");
  await connect("alpha");
  assert.equal(await gateway(), "10.6.0.1");
});

test("EP-5 gateway priority comes before names, and may be negative", async () => {
  await network("alpha", 5);
  await network("mike", 6);
  await network("zulu", 7);
  await run("alpha", "name=zulu,gw-priority=1");
  assert.equal(await gateway(), "10.7.0.1");
  await connect("--gw-priority", "2", "mike");
  assert.equal(await gateway(), "10.6.0.1");
  await disconnect("mike");
  await connect("--gw-priority", "-1", "mike");
  assert.equal(await gateway(), "10.7.0.1");
  await disconnect("zulu");
  assert.equal(await gateway(), "10.5.0.1");
  await disconnect("alpha");
  assert.equal(await gateway(), "10.6.0.1");
});

test("EP-5 internal networks give no default route, whatever their priority", async () => {
  await network("alpha", 5, "--internal");
  await network("zulu", 6);
  await run("alpha");
  assert.equal(await gateway(), "");
  await connect("zulu");
  assert.equal(await gateway(), "10.6.0.1");
  await disconnect("alpha");
  await connect("--gw-priority", "9", "alpha");
  assert.equal(await gateway(), "10.6.0.1");
  await disconnect("zulu");
  assert.equal(await gateway(), "");
});

test("EP-5 each family has its own default route; the network with both families comes before one with one", async () => {
  await network("alpha", 5);
  await network("zulu", 6, "--ipv6", "--subnet", "fd06::/64");
  await run("alpha", "zulu");
  assert.deepEqual([await gateway(4), await gateway(6)], ["10.6.0.1", "fd06::1"]);
  await disconnect("alpha");
  await connect("--gw-priority", "1", "alpha");
  assert.deepEqual([await gateway(4), await gateway(6)], ["10.5.0.1", "fd06::1"]);
  await disconnect("zulu");
  assert.deepEqual([await gateway(4), await gateway(6)], ["10.5.0.1", ""]);
});

test("EP-5 the choice is the same after a restart of the container and of the daemon, and traffic takes it", async () => {
  await network("alpha", 5);
  await network("zulu", 6);
  await run("alpha", "name=zulu,gw-priority=1");
  await host.fairlead("restart", "-t", "0", "one");
  assert.equal(await gateway(), "10.6.0.1");
  await host.killDaemon();
  await host.startDaemon();
  assert.equal(await gateway(), "10.6.0.1");
  await connect("--gw-priority", "2", "bridge");
  assert.equal(await gateway(), "172.17.0.1");
  await disconnect("bridge");
  // An address of the host beyond both networks is reached, from the address on the chosen one.
  await host.run("ip", "address", "add", "192.0.2.7/32", "dev", "lo");
  assert.match(await host.fairlead("exec", "one", "ip", "route", "get", "192.0.2.7"), /src 10\.6\.0\.2/);
  await host.fairlead("exec", "one", "ping", "-c1", "-W5", "192.0.2.7");
});
