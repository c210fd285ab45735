import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { callApi, clear, refusal } from "../../lab/api.ts";
import { Host } from "../../lab/host.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
const daemon = await host.startDaemon();
afterEach(() => clear(host));

const network = (name: string, ...options: string[]) => host.fairlead("network", "create", ...options, name);
/** A container that stays; KILL, because nothing in it would answer TERM. */
const run = (name: string, ...options: string[]) =>
  host.fairlead(
    "run",
    "-d",
    "--rootfs",
    "host",
    "--name",
    name,
    "--stop-signal",
    "KILL",
    ...options,
    "sleep",
    "infinity",
  );
const inside = (container: string, ...argv: string[]) => host.fairlead("exec", container, ...argv);
const addresses = async (container: string, link = "eth0"): Promise<string[]> =>
  (await inside(container, "ip", "-br", "addr", "show", link, "scope", "global"))
    .split(/\s+/)
    .slice(2)
    .filter((word) => word !== "");
const mac = async (container: string, link = "eth0"): Promise<string> =>
  (await inside(container, "cat", `/sys/class/net/${link}/address`)).trim();
const links = async (container: string): Promise<string[]> =>
  (await inside(container, "ls", "/sys/class/net")).split("\n").sort();

interface EndpointJson {
  readonly IPAddress: string;
  readonly MacAddress: string;
  readonly [field: string]: unknown;
}
const endpointsOf = async (container: string): Promise<Record<string, EndpointJson>> =>
  (
    await callApi<{ NetworkSettings: { Networks: Record<string, EndpointJson> } }>(
      host,
      "GET",
      `/containers/${container}/json`,
    )
  ).body.NetworkSettings.Networks;
const connect = (name: string, Container: string, EndpointConfig: object = {}) =>
  refusal(host, "POST", `/networks/${name}/connect`, { Container, EndpointConfig });

test("EP-1 a container has eth0 with an address of its pool and a default route through the gateway", async () => {
  await network("web", "--subnet", "10.5.0.0/24", "--ipv6", "--subnet", "fd05::/64");
  await run("one", "--network", "web");
  await run("two");
  assert.deepEqual(await links("one"), ["eth0", "lo"]);
  assert.deepEqual(await addresses("one"), ["10.5.0.2/24", "fd05::2/64"]);
  assert.match(await inside("one", "ip", "route"), /^default via 10\.5\.0\.1 dev eth0 .*\n10\.5\.0\.0\/24 dev eth0/);
  assert.match(await inside("one", "ip", "-6", "route", "show", "default"), /^default via fd05::1 dev eth0/);
  assert.match((await addresses("two"))[0] ?? "", /^172\.17\.0\.\d+\/16$/);
  assert.match(await inside("two", "ip", "route", "show", "default"), /^default via 172\.17\.0\.1 dev eth0/);
  for (const gateway of ["10.5.0.1", "fd05::1"]) await inside("one", "ping", "-c1", "-W5", gateway);
});

test("EP-2 connect and disconnect take effect while the container runs, and leave nothing behind", async () => {
  await network("web", "--subnet", "10.5.0.0/24");
  await network("back", "--subnet", "10.6.0.0/24", "--ipv6");
  await run("one", "--network", "web");
  await run("peer", "--network", "back");
  const before = [await host.snapshot(), await links("one"), await inside("one", "ip", "route")];
  await host.fairlead("network", "connect", "--alias", "other", "back", "one");
  assert.deepEqual(await links("one"), ["eth0", "eth1", "lo"]);
  assert.equal((await addresses("one", "eth1"))[0], "10.6.0.3/24");
  await inside("one", "ping", "-c1", "-W5", "peer");
  await inside("peer", "ping", "-c1", "-W5", "other");
  await host.fairlead("network", "disconnect", "back", "one");
  assert.deepEqual([await host.snapshot(), await links("one"), await inside("one", "ip", "route")], before);
  assert.notEqual((await host.cli("exec", "one", "getent", "hosts", "peer")).code, 0);
  // The last one too, and back again.
  await host.fairlead("network", "disconnect", "web", "one");
  assert.deepEqual([await links("one"), await inside("one", "ip", "route")], [["lo"], ""]);
  await host.fairlead("network", "connect", "web", "one");
  await inside("one", "ping", "-c1", "-W5", "10.5.0.1");
});

test("EP-16 a container is taken off a network though another cannot take the default route over", async () => {
  for (const name of ["first", "second"]) await network(name);
  await run("one", "--network", "first", "--cap-add", "NET_ADMIN");
  assert.match(await connect("second", "one"), /^200/);
  await inside("one", "ip", "link", "set", "eth1", "down");
  assert.match(await refusal(host, "POST", "/networks/first/disconnect", { Container: "one" }), /^200/);
  await daemon.logged(/cannot give a container another default route; it goes without/, 0);
  assert.deepEqual([await links("one"), Object.keys(await endpointsOf("one"))], [["eth1", "lo"], ["second"]]);
  assert.match(await connect("first", "one"), /^200/);
  assert.match(await inside("one", "ip", "route"), /^default via \S+ dev eth0/);
  await host.fairlead("restart", "-t0", "one");
  assert.deepEqual(Object.keys(await endpointsOf("one")).sort(), ["first", "second"]);
  assert.match(await host.fairlead("repair", "--dry-run"), /agree/);
});

test("EP-2 a stopped container is connected and disconnected too: its next start shows it", async () => {
  await network("web");
  await network("back", "--subnet", "10.6.0.0/24");
  await host.fairlead("create", "--rootfs", "host", "--name", "one", "--network", "web", "sleep", "infinity");
  const before = await host.snapshot();
  await host.fairlead("network", "connect", "--ip", "10.6.0.77", "back", "one");
  await host.fairlead("network", "disconnect", "web", "one");
  assert.deepEqual(await host.snapshot(), before);
  await host.fairlead("start", "one");
  assert.deepEqual([await links("one"), await addresses("one", "eth1")], [["eth1", "lo"], ["10.6.0.77/24"]]);
});

test("EP-3 --ip, --ip6, --mac-address and the interface name driver option are honoured, at run and at connect", async () => {
  const both = (n: number) => ["--ipv6", "--subnet", `10.${n}.0.0/24`, "--subnet", `fd0${n}::/64`];
  await network("web", ...both(5));
  await network("back", ...both(6));
  const ifname = "com.docker.network.endpoint.ifname";
  const named = `name=web,ip=10.5.0.55,ip6=fd05::55,mac-address=02:00:00:00:00:55,driver-opt=${ifname}=front0`;
  await run("one", "--network", named);
  assert.deepEqual(await links("one"), ["front0", "lo"]);
  assert.deepEqual(await addresses("one", "front0"), ["10.5.0.55/24", "fd05::55/64"]);
  assert.equal(await mac("one", "front0"), "02:00:00:00:00:55");
  await host.fairlead(
    "network",
    "connect",
    "--ip",
    "10.6.0.66",
    "--ip6",
    "fd06::66",
    "--driver-opt",
    `${ifname}=back0`,
    "back",
    "one",
  );
  assert.deepEqual(await addresses("one", "back0"), ["10.6.0.66/24", "fd06::66/64"]);
  await run(
    "two",
    "--network",
    "web",
    "--ip",
    "10.5.0.56",
    "--ip6",
    "fd05:0::56",
    "--mac-address",
    "02-00-00-00-00-56",
  );
  assert.deepEqual([await addresses("two"), await mac("two")], [["10.5.0.56/24", "fd05::56/64"], "02:00:00:00:00:56"]);
  assert.deepEqual(
    Object.values(await endpointsOf("two")).map(({ IPAddress, MacAddress }) => [IPAddress, MacAddress]),
    [["10.5.0.56", "02:00:00:00:00:56"]],
  );
});

test("EP-3 a bad MAC or interface name, and a name that is taken, are refused with 400; nothing changes", async () => {
  await network("web");
  await network("back");
  await run("one", "--network", "web");
  const before = [await host.snapshot(), await links("one"), await endpointsOf("one")];
  const ifname = (name: string) => ({ DriverOpts: { "com.docker.network.endpoint.ifname": name } });
  const settings: [object, RegExp][] = [
    [{ MacAddress: "02:00:00:00:00" }, /^400 .*"02:00:00:00:00"/],
    [{ MacAddress: "01:00:00:00:00:01" }, /^400 .*"01:00:00:00:00:01"/],
    [ifname("eth0"), /^400 .*"eth0" is taken/],
    [ifname("lo"), /^400 .*"lo"/],
    [ifname("a/b"), /^400 .*"a\/b"/],
    [ifname("sixteen-letters-"), /^400 .*"sixteen-letters-"/],
    [{ Aliases: ["a b"] }, /^400 .*alias.*"a b"/],
    [{ IPAMConfig: { LinkLocalIPs: ["10.0.0.1"] } }, /^400 .*invalid link-local IP address: 10\.0\.0\.1/s],
    [{ IPAMConfig: { IPv4Address: "10.0.0" } }, /^400 .*invalid IPv4 address: 10\.0\.0/s],
  ];
  for (const [asked, answer] of settings) assert.match(await connect("back", "one", asked), answer);
  assert.deepEqual([await host.snapshot(), await links("one"), await endpointsOf("one")], before);
});

test("EP-4 a static address that is taken is 403, outside the subnets 400, on the default bridge 400; nothing changes", async () => {
  await network("web", "--subnet", "10.5.0.0/24", "--aux-address", "printer=10.5.0.9");
  await network("plain");
  await run("owner", "--network", "web", "--ip", "10.5.0.5");
  await run("one", "--network", "none");
  await host.fairlead("network", "disconnect", "none", "one");
  const before = [await host.snapshot(), await endpointsOf("one")];
  const at = (IPv4Address: string) => ({ IPAMConfig: { IPv4Address } });
  assert.equal(
    await connect("web", "one", at("10.5.0.5")),
    "403 Address already in use: 10.5.0.5 belongs to container owner",
  );
  assert.match(
    await connect("web", "one", at("10.5.0.1")),
    /^403 Address already in use: 10\.5\.0\.1 belongs to the gateway/,
  );
  assert.match(await connect("web", "one", at("10.5.0.9")), /^403 .*10\.5\.0\.9 belongs to aux address "printer"/);
  assert.match(
    await connect("web", "one", at("10.6.0.5")),
    /^400 invalid endpoint settings:\nno configured subnet or ip-range contain the IP address 10\.6\.0\.5$/,
  );
  assert.match(await connect("web", "one", at("10.5.0.255")), /^400 .*broadcast address/);
  assert.match(
    await connect("web", "one", { IPAMConfig: { IPv6Address: "fd05::5" } }),
    /^400 .*network web has no IPv6/,
  );
  assert.match(await connect("plain", "one", at("172.18.0.9")), /^400 .*user configured subnets/);
  assert.match(await connect("bridge", "one", at("172.17.0.9")), /^400 .*user defined networks only/s);
  const { Id } = (await callApi<{ Id: string }>(host, "GET", "/networks/bridge")).body;
  assert.match(await connect(Id, "one", at("172.17.0.9")), /^400 .*user defined networks only/s);
  assert.deepEqual([await host.snapshot(), await endpointsOf("one")], before);
  assert.equal(await connect("web", "one", at("10.5.0.6")), "200 ");
});

test("EP-6 address and MAC stay with the container across stop, start, restart and a new daemon", async () => {
  await network("web", "--ipv6");
  await run("one", "--network", "web");
  await run("two", "--network", "web");
  const what = async () => [await addresses("one"), await mac("one"), await addresses("two"), await mac("two")];
  const before = await what();
  await host.fairlead("stop", "one", "two");
  // Somebody who comes meanwhile gets another address.
  await run("three", "--network", "web");
  assert.ok(!before.flat().includes((await addresses("three"))[0] ?? ""));
  await host.fairlead("start", "two", "one");
  assert.deepEqual(await what(), before);
  await host.fairlead("restart", "one");
  assert.deepEqual(await what(), before);
  await host.fairlead("stop", "one");
  await host.killDaemon();
  await host.startDaemon();
  await run("four", "--network", "web");
  assert.ok(!before.flat().includes((await addresses("four"))[0] ?? ""));
  await host.fairlead("start", "one");
  assert.deepEqual(await what(), before);
});

test("EP-10 connecting twice is 403, disconnecting what is not connected an error, other modes refuse networks with 403", async () => {
  await network("web");
  await run("one", "--network", "web");
  await run("on-host", "--network", "host");
  await run("joined", "--network", "container:one");
  await run("alone", "--network", "none");
  const before = await host.snapshot();
  assert.equal(await connect("web", "one"), "403 endpoint with name one already exists in network web");
  for (const [container, why] of [
    ["on-host", /^403 .*host network/],
    ["joined", /^403 .*sharing network namespace/],
    ["alone", /^403 .*private \(none\) mode/],
  ] as const) {
    assert.match(await connect("web", container), why);
  }
  assert.match(await connect("host", "one"), /^403 .*host network/);
  assert.match(await connect("none", "one"), /^403 .*private \(none\) mode/);
  assert.equal(await connect("web", "nobody"), "404 No such container: nobody");
  assert.equal(await connect("nothing", "one"), "404 network nothing not found");
  const disconnect = (name: string, Container: string) =>
    refusal(host, "POST", `/networks/${name}/disconnect`, { Container });
  assert.equal(await disconnect("bridge", "one"), "500 container one is not connected to network bridge");
  assert.match(await disconnect("host", "on-host"), /^403 .*host network/);
  assert.equal(await disconnect("nothing", "one"), "404 network nothing not found");
  assert.deepEqual(await host.snapshot(), before);
});

test("EP-11 inspect shows every endpoint with address, gateway, MAC, aliases and DNS names", async () => {
  await network("web", "--ipv6", "--subnet", "10.5.0.0/24", "--subnet", "fd05::/64");
  await network("back", "--subnet", "10.6.0.0/24", "--internal");
  const id = await run(
    "one",
    "--network",
    "name=web,alias=www,mac-address=02:00:00:00:00:05",
    "--network",
    "back",
    "-h",
    "box",
  );
  const { web, back } = await endpointsOf("one");
  assert.ok(web);
  const { NetworkID, EndpointID, ...shown } = web;
  assert.deepEqual(shown, {
    IPAMConfig: null,
    Links: null,
    Aliases: ["www"],
    MacAddress: "02:00:00:00:00:05",
    DriverOpts: null,
    GwPriority: 0,
    Gateway: "10.5.0.1",
    IPAddress: "10.5.0.2",
    IPPrefixLen: 24,
    IPv6Gateway: "fd05::1",
    GlobalIPv6Address: "fd05::2",
    GlobalIPv6PrefixLen: 64,
    DNSNames: ["one", "www", id.slice(0, 12), "box"],
  });
  assert.deepEqual([back?.["Gateway"], back?.IPAddress], ["", "10.6.0.2"]);
  const { body } = await callApi<{ Id: string; Containers: object }>(host, "GET", "/networks/web");
  assert.equal(body.Id, NetworkID);
  assert.deepEqual(body.Containers, {
    [id]: {
      Name: "one",
      EndpointID,
      MacAddress: "02:00:00:00:00:05",
      IPv4Address: "10.5.0.2/24",
      IPv6Address: "fd05::2/64",
    },
  });
});

test("EP-12 interfaces are eth0, eth1, ... in the order in which networks were given, and keep their names", async () => {
  for (const name of ["zulu", "alpha", "mike", "late"]) await network(name);
  await run("one", "--network", "zulu", "--network", "alpha", "--network", "mike");
  const named = async () => {
    const endpoints = await endpointsOf("one");
    const found: string[] = [];
    for (const link of (await links("one")).filter((each) => each !== "lo")) {
      const address = (await addresses("one", link))[0]?.split("/")[0];
      found.push(`${link} ${Object.keys(endpoints).find((name) => endpoints[name]?.IPAddress === address)}`);
    }
    return found;
  };
  assert.deepEqual(await named(), ["eth0 zulu", "eth1 alpha", "eth2 mike"]);
  await host.fairlead("network", "disconnect", "alpha", "one");
  assert.deepEqual(await named(), ["eth0 zulu", "eth2 mike"]);
  await host.fairlead("restart", "one");
  assert.deepEqual(await named(), ["eth0 zulu", "eth2 mike"]);
  await host.fairlead("network", "connect", "late", "one");
  assert.deepEqual(await named(), ["eth0 zulu", "eth1 late", "eth2 mike"]);
});
