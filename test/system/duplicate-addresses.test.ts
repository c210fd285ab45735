import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear, refusal } from "../../lab/api.ts";
import { Host } from "../../lab/host.ts";
import { LanSegment, lanRouter4, lanRouter6 } from "../../lab/lan-segment.ts";

const host = await Host.create();
const lan = await LanSegment.create(host);
after(async () => {
  await host[Symbol.asyncDispose]();
  await lan[Symbol.asyncDispose]();
});
const daemon = await host.startDaemon();
afterEach(() => clear(host));

const subnets = [
  ...["--subnet", "192.0.2.0/24", "--gateway", lanRouter4, "--ip-range", "192.0.2.64/28"],
  ...["--ipv6", "--subnet", "2001:db8:1a::/64", "--gateway", lanRouter6],
];
const network = (...options: string[]) =>
  host.fairlead("network", "create", "-d", "macvlan", "-o", "parent=eth1", ...subnets, ...options, "lan");
const run = (name: string, ...options: string[]) => {
  const staying = ["--rootfs", "host", "--stop-signal", "KILL"];
  return host.cli("run", "-d", ...staying, "--name", name, ...options, "sleep", "infinity");
};
const field = (container: string, name: string) =>
  host.fairlead("inspect", "--format", `{{.NetworkSettings.Networks.lan.${name}}}`, container);

test("DAD-1 an address that the user gives and somebody on the LAN has is refused, IPv4 and IPv6", async () => {
  await using foreign = await lan.addForeign("192.0.2.77/24", "2001:db8:1a::77/64");
  await network();
  const before = await host.snapshot();
  for (const [option, address] of [
    ["--ip", "192.0.2.77"],
    ["--ip6", "2001:db8:1a::77"],
  ] as const) {
    const { code, stderr } = await run("web", "--network", "lan", option, address);
    assert.match(stderr, new RegExp(`Cannot use address ${address} on network lan: ${foreign.mac} on that LAN has it`));
    assert.equal(code, 125);
    assert.deepEqual(await host.snapshot(), before);
    assert.match(await refusal(host, "POST", "/containers/web/start"), /^409 /);
    await host.fairlead("rm", "web");
  }
  assert.equal((await run("web", "--network", "lan", "--ip", "192.0.2.78")).code, 0);
  // Itself is nobody else: it keeps its address when it starts again.
  await host.fairlead("restart", "web");
  assert.equal(await field("web", "IPAddress"), "192.0.2.78");
});

test("DAD-2 an address that we chose gives way to the next free one, for good, which is logged", async () => {
  await using foreign = await lan.addForeign("192.0.2.64/24", "192.0.2.65/24", "2001:db8:1a::2/64");
  await network();
  assert.equal((await run("web", "--network", "lan")).code, 0);
  assert.deepEqual(
    [await field("web", "IPAddress"), await field("web", "GlobalIPv6Address")],
    ["192.0.2.66", "2001:db8:1a::3"],
  );
  await daemon.logged(new RegExp(`"address":"192.0.2.65","mac":"${foreign.mac}".*it gets the next one`));
  await host.fairlead("restart", "web");
  assert.equal(await field("web", "IPAddress"), "192.0.2.66");
});

test("DAD-3 a live connect is refused as a start is, and changes nothing", async () => {
  await using _foreign = await lan.addForeign("192.0.2.77/24");
  await network();
  assert.equal((await run("web")).code, 0);
  const links = () => host.fairlead("exec", "web", "ip", "-br", "address");
  const before = await links();
  const failed = await host.cli("network", "connect", "--ip", "192.0.2.77", "lan", "web");
  assert.match(failed.stderr, /Cannot use address 192\.0\.2\.77/);
  assert.equal(await links(), before);
  await host.fairlead("network", "connect", "lan", "web");
  assert.equal(await field("web", "IPAddress"), "192.0.2.64");
});

test("DAD-4 -o dad=false takes the address all the same", async () => {
  await using _foreign = await lan.addForeign("192.0.2.77/24");
  await network("-o", "dad=false");
  assert.equal((await run("web", "--network", "lan", "--ip", "192.0.2.77")).code, 0);
  const misspelt = await host.cli("network", "create", "-d", "macvlan", "-o", "parent=eth1", "-o", "dad=off", "other");
  assert.match(misspelt.stderr, /option "dad".*"off"/);
});

test("DAD-5 where nobody can answer a container starts: a parent without carrier, an internal network", async () => {
  await host.run("sh", "-ec", "ip link add unplugged type veth peer name far; ip link set unplugged up");
  const options = ["-d", "macvlan", "--subnet", "198.51.100.0/24"];
  await host.fairlead("network", "create", ...options, "-o", "parent=unplugged", "dark");
  await host.fairlead("network", "create", "-d", "macvlan", "--internal", "--subnet", "203.0.113.0/24", "inner");
  assert.deepEqual(
    [
      (await run("web", "--network", "dark", "--ip", "198.51.100.7")).code,
      (await run("two", "--network", "inner", "--ip", "203.0.113.7")).code,
    ],
    [0, 0],
  );
  await clear(host);
  await host.run("ip", "link", "del", "unplugged");
});
