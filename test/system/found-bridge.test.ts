import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Host } from "../../lab/host.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());

await host.run("ip", "link", "add", "br9", "mtu", "1400", "type", "bridge");
for (const address of ["10.99.0.9/24", "fd99::9/64"])
  await host.run("ip", "addr", "add", address, "dev", "br9", "nodad");
await host.run("ip", "link", "set", "br9", "up");

/** MAC and MTU of a bridge follow its ports. */
async function addressesOfBridge(): Promise<string[]> {
  interface Address {
    readonly local?: string;
    readonly prefixlen: number;
    readonly scope: string;
  }
  const [link] = await host.json<{ addr_info: Address[] }[]>("ip", "-j", "addr", "show", "dev", "br9");
  const own = (link?.addr_info ?? []).filter(({ scope }) => scope === "global");
  return own.map(({ local, prefixlen }) => `${local}/${prefixlen}`);
}
/** Whether the kernel routes 127.0.0.0/8 on it: then its neighbours reach what listens there (CVE-2020-8558). */
const routesLoopback = async () => (await host.run("cat", "/proc/sys/net/ipv4/conf/br9/route_localnet")).trim();
const inside = (...argv: string[]) => host.fairlead("exec", "one", ...argv);
/** Without link-local ones, which come later. */
const addressesInside = () => inside("hostname", "-I");
const run = ["run", "-d", "--rootfs", "host", "--name", "one", "--stop-signal", "KILL", "sleep", "infinity"];

test("API-10 --bridge takes a bridge that is there with its addresses, and leaves it as it was", async () => {
  const before = await addressesOfBridge();
  const flags = ["--bridge", "br9", "--ipv6", "--fixed-cidr", "10.99.0.128/25"];
  await host.startDaemon(...flags);
  await host.fairlead(...run);
  const first = await addressesInside();
  assert.match(first, /^10\.99\.0\.128 fd99::/);
  assert.match(await inside("ip", "link", "show", "eth0"), /mtu 1400 /);
  assert.match(await inside("ip", "route"), /default via 10\.99\.0\.9 /);
  assert.match(await inside("ip", "-6", "route"), /default via fd99::9 /);
  await inside("ping", "-c1", "-W5", "10.99.0.9");
  await host.killDaemon();
  await host.startDaemon(...flags);
  assert.equal(await addressesInside(), first);
  await inside("ping", "-c1", "-W5", "fd99::9");
  assert.match(await host.fairlead("repair", "--dry-run"), /agree/);
  assert.equal(await routesLoopback(), "1");
  await host.fairlead("rm", "-f", "one");
  await host.killDaemon();
  await host.startDaemon("--bridge", "none");
  assert.doesNotMatch(await host.fairlead("network", "ls"), /bridge/);
  assert.deepEqual([before, await addressesOfBridge()], [["10.99.0.9/24", "fd99::9/64"], before]);
  assert.equal(await routesLoopback(), "0");
  await host.killDaemon();
});

test("API-10 a bridge without addresses is given those of the network, and loses them with it", async () => {
  await host.run("ip", "addr", "flush", "dev", "br9", "scope", "global");
  const flags = ["--bridge", "br9", "--fixed-cidr", "10.98.0.0/24"];
  for (let start = 0; start < 2; start++) {
    await host.startDaemon(...flags);
    assert.deepEqual(await addressesOfBridge(), ["10.98.0.1/24"]);
    if (start === 0) await host.fairlead(...run);
    await inside("ping", "-c1", "-W5", "10.98.0.1");
    await host.killDaemon();
  }
  await host.startDaemon(...flags);
  await host.fairlead("rm", "-f", "one");
  await host.killDaemon();
  await host.startDaemon();
  assert.deepEqual([await addressesOfBridge(), await routesLoopback()], [[], "0"]);
  assert.match(await host.run("ip", "-br", "link", "show", "type", "bridge"), /fairlead0/);
  await host.killDaemon();
});

test("API-10 --default-gateway is where containers send what leaves, and the bridge has its own address", async () => {
  await host.startDaemon("--bip", "10.97.0.1/24", "--fixed-cidr", "10.97.0.0/24", "--default-gateway", "10.97.0.254");
  await host.fairlead(...run);
  assert.match(await inside("ip", "route"), /default via 10\.97\.0\.254 /);
  await inside("ping", "-c1", "-W5", "10.97.0.1");
  const [{ IPAM } = {}] = await host.json<{ IPAM: { Config: object[] } }[]>(
    ...["docker", "-H", `unix://${host.socket}`, "network", "inspect", "bridge"],
  );
  const AuxiliaryAddresses = { DefaultGatewayIPv4: "10.97.0.254" };
  const pool = { Subnet: "10.97.0.0/24", IPRange: "10.97.0.0/24", Gateway: "10.97.0.1", AuxiliaryAddresses };
  assert.deepEqual(IPAM?.Config, [pool]);
  await host.fairlead("rm", "-f", "one");
  await host.killDaemon();
  await assert.rejects(host.startDaemon("--default-gateway", "10.97.0.254"), /in no subnet that is given; add --bip/);
});

test("API-10 --bridge names a bridge that is there, whose addresses count", async () => {
  for (const [flags, why] of [
    [["--bridge", "nosuch0"], /the host has no bridge .*nosuch0.*ip link add nosuch0 type bridge/],
    [["--bridge", "lo"], /lo.* is no bridge/],
    [["--bridge", "br9", "--bip", "10.1.0.1/24"], /--bip.*10\.1\.0\.1\/24.*whose own addresses count/],
  ] as const)
    await assert.rejects(host.startDaemon(...flags), why);
});
