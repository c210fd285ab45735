import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { callApi, clear, refusal } from "../../lab/api.ts";
import { Host } from "../../lab/host.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
// What leads outside: its MTU is that of a VPN.
await host.run("ip", "link", "add", "up0", "mtu", "1420", "type", "veth", "peer", "name", "far0");
// No IPv6 on it: the end of its address detection a second later would be a change that nobody made.
for (const link of ["up0", "far0"]) await host.run("sh", "-c", `echo 1 >/proc/sys/net/ipv6/conf/${link}/disable_ipv6`);
await host.run("ip", "address", "add", "192.0.2.2/24", "dev", "up0");
await host.run("ip", "link", "set", "up0", "up");
await host.run("ip", "link", "set", "far0", "up");
await host.run("ip", "route", "add", "default", "via", "192.0.2.1");
await host.startDaemon();
afterEach(() => clear(host));

interface Pool {
  readonly Subnet: string;
  readonly Gateway?: string;
}

const create = (name: string, more: object = {}) => ({ Name: name, ...more });
const withPools = (name: string, ...Config: object[]) => create(name, { EnableIPv6: true, IPAM: { Config } });
const refused = (body: object) => refusal(host, "POST", "/networks/create", body);
const made = async (body: object): Promise<void> => {
  assert.equal((await callApi(host, "POST", "/networks/create", body)).status, 201);
};
const poolsOf = async (name: string, on = host): Promise<Pool[]> =>
  (await callApi<{ IPAM: { Config: Pool[] } }>(on, "GET", `/networks/${name}`)).body.IPAM.Config;
/** A container on the network that stays, and what `ip -br` says of it inside. */
const runOn = (name: string, network: string, ...options: string[]) =>
  host.fairlead("run", "-d", "--rootfs", "host", "--name", name, "--network", network, ...options, "sleep", "infinity");
const ipIn = (container: string, ...args: string[]) => host.fairlead("exec", container, "ip", ...args);

test("NET-6 a subnet that overlaps another network is refused with 403 naming both, and changes nothing", async () => {
  await made(withPools("first", { Subnet: "10.5.0.0/24" }, { Subnet: "fd05::/64" }));
  const before = await host.snapshot();
  for (const subnet of ["10.5.0.0/24", "10.5.0.128/25", "10.4.0.0/15"]) {
    assert.equal(
      await refused(withPools("second", { Subnet: subnet })),
      `403 invalid pool request: Pool overlaps with other one on this address space: ${subnet} overlaps 10.5.0.0/24 of network first`,
    );
  }
  assert.match(
    await refused(withPools("second", { Subnet: "fd05::/48" })),
    /^403 .*fd05::\/48 overlaps fd05::\/64 of network first$/,
  );
  assert.match(
    await refused(withPools("second", { Subnet: "10.6.0.0/24" }, { Subnet: "10.6.0.128/25" })),
    /^403 .*10\.6\.0\.128\/25 overlaps 10\.6\.0\.0\/24/,
  );
  assert.deepEqual(await host.snapshot(), before);
  assert.equal((await callApi(host, "GET", "/networks/second")).status, 404);
  await made(withPools("neighbour", { Subnet: "10.5.1.0/24" }));
});

const badPools: [string, object, RegExp][] = [
  ["a subnet with host bits", { Subnet: "10.5.0.1/24" }, /it should be 10\.5\.0\.0\/24/],
  ["no subnet at all", { Subnet: "10.5.0" }, /10\.5\.0: invalid CIDR block notation/],
  ["a prefix too long", { Subnet: "10.5.0.0/33" }, /10\.5\.0\.0\/33/],
  ["multicast", { Subnet: "224.0.0.0/24" }, /multicast/],
  ["a gateway outside", { Subnet: "10.5.0.0/24", Gateway: "10.6.0.1" }, /invalid gateway 10\.6\.0\.1: parent subnet/],
  ["a gateway that is the broadcast address", { Subnet: "10.5.0.0/24", Gateway: "10.5.0.255" }, /broadcast address/],
  [
    "a range outside",
    { Subnet: "10.5.0.0/24", IPRange: "10.6.0.0/25" },
    /invalid ip-range 10\.6\.0\.0\/25: parent subnet/,
  ],
  [
    "an aux address outside",
    { Subnet: "10.5.0.0/24", AuxiliaryAddresses: { a: "10.6.0.1" } },
    /invalid auxiliary address a/,
  ],
  ["a gateway without subnet", { Gateway: "10.5.0.1" }, /invalid subnet : invalid CIDR/],
  ["a range without subnet", { IPRange: "10.5.0.0/25" }, /invalid subnet : invalid CIDR/],
];

for (const [what, pool, why] of badPools) {
  test(`NET-19 ${what} is refused with 400 and the reason`, async () => {
    const before = await host.snapshot();
    assert.match(await refused(withPools("bad", pool)), new RegExp(`^400 [^]*${why.source}`));
    assert.deepEqual(await host.snapshot(), before);
  });
}

test("NET-19 a pool of a family that is off is refused with 400, and so is a network without any family", async () => {
  const pool = (Subnet: string) => ({ IPAM: { Config: [{ Subnet }] } });
  assert.match(
    await refused(create("bad", { ...pool("fd05::/64"), EnableIPv6: false })),
    /^400 .*fd05::\/64 is IPv6, but IPv6 is off/,
  );
  assert.match(
    await refused(create("bad", { ...pool("10.5.0.0/24"), EnableIPv4: false, EnableIPv6: true })),
    /^400 .*10\.5\.0\.0\/24 is IPv4, but IPv4 is off/,
  );
  assert.match(await refused(create("bad", { EnableIPv4: false })), /^400 .*IPv4 and IPv6 cannot both be off/);
});

test("NET-5 addresses come from the range, never one that is reserved", async () => {
  const aux = { printer: "10.5.0.17", router: "10.5.0.18" };
  await made(withPools("ranged", { Subnet: "10.5.0.0/24", IPRange: "10.5.0.16/29", AuxiliaryAddresses: aux }));
  const [pool] = await poolsOf("ranged");
  assert.equal(pool?.Gateway, "10.5.0.16");
  // Eight addresses in the range less gateway and two reserved ones are five; those given back are had again.
  for (const name of ["one", "two", "three", "four", "five"]) {
    await host.fairlead("create", "--rootfs", "host", "--name", name, "--network", "ranged", "true");
    await host.fairlead("network", "disconnect", "ranged", name);
    await host.fairlead("network", "connect", "ranged", name);
  }
  const full = await host.cli("create", "--rootfs", "host", "--name", "sixth", "--network", "ranged", "true");
  assert.match(full.stderr, /no available addresses on network ranged: 10\.5\.0\.0\/24 is full/);
  // A chosen address may lie outside the range.
  await runOn("chosen", "ranged", "--ip", "10.5.0.200");
  assert.match(await ipIn("chosen", "-4", "-br", "addr", "show", "eth0"), /10\.5\.0\.200\/24/);
});

test("NET-7 default subnets keep clear of every route in every table, and the error names those in the way", async () => {
  await using other = await Host.create();
  await other.run("ip", "link", "add", "up0", "type", "veth", "peer", "name", "far0");
  await other.run("ip", "address", "add", "10.200.4.9/32", "dev", "up0");
  await other.run("ip", "link", "set", "up0", "up");
  await other.run("ip", "route", "add", "10.200.1.64/26", "dev", "up0", "table", "77");
  await other.run("ip", "rule", "add", "from", "10.9.0.0/16", "table", "77");
  await other.run("ip", "route", "add", "blackhole", "10.200.2.0/23");
  // A VPN client's default route, in halves: everything is more specific.
  for (const half of ["0.0.0.0/1", "128.0.0.0/1"]) await other.run("ip", "route", "add", half, "dev", "up0");
  await other.startDaemon("--default-address-pool", "base=10.200.0.0/21,size=24");
  assert.equal((await poolsOf("bridge", other))[0]?.Subnet, "10.200.0.0/24");
  for (const subnet of ["10.200.5.0/24", "10.200.6.0/24", "10.200.7.0/24"]) {
    await other.fairlead("network", "create", subnet.replace("/", "-"));
    assert.equal((await poolsOf(subnet.replace("/", "-"), other))[0]?.Subnet, subnet);
  }
  const { code, stderr } = await other.cli("network", "create", "more");
  assert.equal(code, 1);
  assert.match(stderr, /all predefined address pools have been fully subnetted/);
  for (const name of [
    "local route 10.200.4.9/32 dev up0 in table 255",
    "route 10.200.1.64/26 dev up0 in table 77",
    "blackhole route 10.200.2.0/23",
    "4 networks",
  ]) {
    assert.ok(stderr.includes(name), stderr);
  }
  await other.run("ip", "route", "flush", "table", "77");
  await other.fairlead("network", "create", "more");
  assert.equal((await poolsOf("more", other))[0]?.Subnet, "10.200.1.0/24");
});

test("NET-8 500 networks come from the default pools, none overlapping", async () => {
  // A host of its own, whose end takes them all: the kernel needs 20 ms to remove a bridge.
  await using other = await Host.create();
  await other.startDaemon();
  const names = Array.from({ length: 500 }, (_, n) => `many-${n}`);
  for (let start = 0; start < names.length; start += 50) {
    const asked = names.slice(start, start + 50).map((Name) => callApi(other, "POST", "/networks/create", { Name }));
    for (const { status } of await Promise.all(asked)) assert.equal(status, 201);
  }
  const { body } = await callApi<{ Name: string; IPAM: { Config: Pool[] | null } }[]>(other, "GET", "/networks");
  const subnets = body.flatMap(({ IPAM }) => (IPAM.Config ?? []).map(({ Subnet }) => Subnet));
  assert.equal(new Set(subnets).size, 501);
  // Default subnets are aligned, and of one size but that of bridge: they are the same or apart.
  const [bridge, ...others] = subnets.toSorted();
  assert.equal(bridge, "172.17.0.0/16");
  assert.ok(others.every((subnet) => /^172\.(18|19|2\d|3[01])\.\d+\.0\/24$/.test(subnet)));
});

test("NET-12 the MTU is the uplink's unless given; bridge and container interfaces have it", async () => {
  await made(create("uplinked"));
  await made(create("given", { Options: { "com.docker.network.driver.mtu": "1300" } }));
  for (const [network, mtu] of [
    ["bridge", 1420],
    ["uplinked", 1420],
    ["given", 1300],
  ] as const) {
    const { body } = await callApi<{ Id: string }>(host, "GET", `/networks/${network}`);
    const bridge = network === "bridge" ? "fairlead0" : `br-${body.Id.slice(0, 12)}`;
    await runOn(`on-${network}`, network);
    const [link] = await host.json<{ mtu: number }[]>("ip", "-j", "link", "show", bridge);
    const ports = await host.json<{ mtu: number }[]>("ip", "-j", "link", "show", "master", bridge);
    const [inside] = JSON.parse(await ipIn(`on-${network}`, "-j", "link", "show", "eth0")) as { mtu: number }[];
    assert.deepEqual([link?.mtu, ports.map((port) => port.mtu), inside?.mtu], [mtu, [mtu], mtu], network);
  }
});

test("NET-16 with several subnets addresses come from the first that has free ones, each with its own gateway", async () => {
  await made(
    withPools(
      "double",
      { Subnet: "10.5.0.0/30" },
      { Subnet: "10.6.0.0/24", Gateway: "10.6.0.9" },
      { Subnet: "fd05::/64" },
    ),
  );
  await runOn("one", "double");
  await runOn("two", "double");
  assert.match(await ipIn("one", "-br", "addr", "show", "eth0"), /10\.5\.0\.2\/30 fd05::2\/64/);
  assert.match(await ipIn("one", "route", "show", "default"), /^default via 10\.5\.0\.1 dev eth0/);
  assert.match(await ipIn("two", "-br", "addr", "show", "eth0"), /10\.6\.0\.1\/24 fd05::3\/64/);
  assert.match(await ipIn("two", "route", "show", "default"), /^default via 10\.6\.0\.9 dev eth0/);
  const { body } = await callApi<{ NetworkSettings: { Networks: Record<string, object> } }>(
    host,
    "GET",
    "/containers/two/json",
  );
  const { Gateway, IPPrefixLen } = body.NetworkSettings.Networks["double"] as { Gateway: string; IPPrefixLen: number };
  assert.deepEqual([Gateway, IPPrefixLen], ["10.6.0.9", 24]);
  // Members of both subnets reach each other, through the bridge that is their router.
  await host.fairlead("exec", "two", "ping", "-c1", "-W5", "10.5.0.2");
  await host.fairlead("exec", "one", "ping", "-c1", "-W5", "10.6.0.1");
});

for (const prefix of ["fe80::", "fe80:1234::"])
  test(`NET-17 a network of link-local addresses: members have the ones they ask for, and stay as they are (${prefix}/64)`, async () => {
    await made(withPools("six", { Subnet: `${prefix}/64`, Gateway: `${prefix}1001:1` }));
    await runOn("one", "six", "--ip6", `${prefix}1001:102`);
    await runOn("two", "six");
    await host.fairlead("exec", "two", "ping", "-c1", "-W5", `${prefix}1001:102%eth0`);
    await host.fairlead("exec", "two", "busybox", "ping", "-6", "-c1", "-W5", "one");
    assert.match(
      await ipIn("two", "-6", "route", "show", "default"),
      new RegExp(`^default via ${prefix}1001:1 dev eth0`),
    );
    assert.match(await host.fairlead("repair", "--dry-run"), /nothing to repair/);
  });

test("NET-20 no address is kept for a gateway that nobody would have: a /31 has room for two", async () => {
  const { body: before } = await callApi<{ Id: string }[]>(host, "GET", "/networks");
  for (const [driver, options] of [
    ["bridge", { "com.docker.network.bridge.inhibit_ipv4": "true" }],
    ["bridge", { "com.docker.network.bridge.gateway_mode_ipv4": "isolated" }],
    ["macvlan", {}],
  ] as const) {
    const pool = { Subnet: "192.168.135.0/31" };
    await made(create("pair", { Driver: driver, Internal: true, Options: options, IPAM: { Config: [pool] } }));
    assert.deepEqual(await poolsOf("pair"), [pool]);
    for (const name of ["one", "two"]) await runOn(name, "pair");
    await host.fairlead("exec", "two", "ping", "-c1", "-W5", "one");
    await clear(host);
  }
  const given = { Subnet: "10.5.0.0/24", Gateway: "10.5.0.9" };
  await made(create("named", { Driver: "macvlan", Internal: true, IPAM: { Config: [given] } }));
  assert.deepEqual(await poolsOf("named"), [given]);
  // Where the host has an address in it, or a LAN may, it is kept.
  await made(create("inside", { Internal: true, IPAM: { Config: [{ Subnet: "10.6.0.0/24" }] } }));
  assert.deepEqual(await poolsOf("inside"), [{ Subnet: "10.6.0.0/24", Gateway: "10.6.0.1" }]);
  const onLan = { Driver: "macvlan", Internal: true, Options: { parent: "up0" } };
  await made(create("lan", { ...onLan, IPAM: { Config: [{ Subnet: "10.7.0.0/24" }] } }));
  assert.deepEqual(await poolsOf("lan"), [{ Subnet: "10.7.0.0/24", Gateway: "10.7.0.1" }]);
  await clear(host);
  assert.equal((await callApi<{ Id: string }[]>(host, "GET", "/networks")).body.length, before.length);
});

test("NET-17 IPv4 only, IPv6 only and both work; IPv6 without a subnet takes a /64 of a ULA", async () => {
  await made(create("four"));
  await made(create("six", { EnableIPv4: false, EnableIPv6: true }));
  await made(create("both", { EnableIPv6: true }));
  for (const [network, families] of [
    ["four", [4]],
    ["six", [6]],
    ["both", [4, 6]],
  ] as const) {
    const pools = await poolsOf(network);
    assert.deepEqual(
      pools.map(({ Subnet }) => (Subnet.includes(":") ? 6 : 4)),
      families,
    );
    for (const { Subnet } of pools) assert.match(Subnet, /^fd[0-9a-f:]+::\/64$|^172\.[0-9.]+\/24$/);
    await runOn(`${network}-1`, network);
    await runOn(`${network}-2`, network);
    for (const family of [4, 6] as const) {
      const addresses = await ipIn(`${network}-1`, `-${family}`, "-br", "addr", "show", "eth0", "scope", "global");
      const routes = await ipIn(`${network}-1`, `-${family}`, "route", "show", "default");
      const has = (families as readonly number[]).includes(family);
      assert.deepEqual([addresses !== "", routes !== ""], [has, has], `${network} IPv${family}`);
      if (has) await host.fairlead("exec", `${network}-1`, "ping", `-${family}`, "-c1", "-W5", `${network}-2`);
    }
  }
});
