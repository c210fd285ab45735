import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { callApi, clear } from "../../lab/api.ts";
import { LanPlace } from "./lan/place.ts";

const place = await LanPlace.create();
after(() => place[Symbol.asyncDispose]());
const { host, lab } = place;
afterEach(() => clear(host));

const router = { ipv4: lab.outsideIpv4, ipv6: lab.outsideIpv6 };

test("LAN-1, LAN-2: containers are machines of the LAN with addresses, MACs and names, the LAN's router is theirs", async () => {
  await place.lan("macvlan", "lan", "-o", "parent=uplink0");
  for (const name of ["web", "db"]) await place.run(name, "--network", "lan");
  const { ipv4, ipv6, mac } = await place.addressOf("web", "lan");
  for (const address of [router.ipv4, router.ipv6, (await place.addressOf("db", "lan")).ipv6, "db"])
    assert.ok(await place.reaches("web", address), address);
  for (const address of [ipv4, ipv6]) assert.ok(await place.isReached(address), address);
  const learned = await lab.outside.json<{ dst: string; lladdr: string }[]>("ip", "-j", "neigh");
  assert.deepEqual(
    learned.filter(({ dst }) => [ipv4, ipv6].includes(dst)).map(({ lladdr }) => lladdr),
    [mac, mac],
  );
  const routes = await place.inside("web", "sh", "-c", "ip route show default; ip -6 route show default");
  assert.match(routes, /^default via 192.0.2.1 dev eth0 .*\ndefault via 2001:db8:f1ea::1 dev eth0 [^\n]*$/);
  assert.match(await place.agreement(), /agree/);
});

test("LAN-2: names of other networks resolve too, and connect and disconnect are live", async () => {
  await place.lan("macvlan", "lan", "-o", "parent=uplink0");
  await place.create("bridge", "inner");
  await place.run("web", "--network", "lan");
  await place.run("store", "--network", "inner");
  assert.equal(await place.reaches("web", "store", "1"), false);
  await host.fairlead("network", "connect", "inner", "web");
  assert.ok(await place.reaches("web", "store"));
  await host.fairlead("network", "connect", "lan", "store");
  assert.ok(await place.isReached((await place.addressOf("store", "lan")).ipv4));
  await host.fairlead("network", "disconnect", "lan", "store");
  assert.doesNotMatch(await place.inside("store", "ip", "-o", "link"), /eth1/);
  assert.match(await place.agreement(), /agree/);
});

test("LAN-12: an address that changes hands is announced, so that nobody on the LAN keeps sending to its former holder", async () => {
  await place.lan("macvlan", "lan", "-o", "parent=uplink0");
  const address = { ipv4: "192.0.2.99", ipv6: "2001:db8:f1ea::1:99" };
  const both = ["--network", "lan", "--ip", address.ipv4, "--ip6", address.ipv6];
  await place.run("former", ...both);
  for (const each of Object.values(address)) assert.ok(await place.isReached(each));
  await host.fairlead("rm", "-f", "former");
  await place.run("next", ...both);
  const { mac } = await place.addressOf("next", "lan");
  const learned = await lab.outside.run("ip", "neigh");
  for (const each of Object.values(address)) assert.match(learned, new RegExp(`^${each} .* lladdr ${mac} `, "m"));
});

test("LAN-3: a container that starts again has its address and MAC at once", async () => {
  await place.lan("macvlan", "lan", "-o", "parent=uplink0");
  await place.run("web", "--network", "lan");
  const before = await place.addressOf("web", "lan");
  for (let round = 0; round < 3; round++) await host.fairlead("restart", "-t", "0", "web");
  assert.deepEqual(await place.addressOf("web", "lan"), before);
  assert.ok(await place.isReached(before.ipv4));
});

test("LAN-4: without a parent the default route's link is taken, for good, with its MTU; inspect shows it", async () => {
  await host.run("ip", "link", "set", "uplink0", "mtu", "1400");
  await place.lan("macvlan", "lan", "-o", "macvlan_mode=bridge");
  await host.run("ip", "link", "set", "uplink0", "mtu", "1500");
  const { body } = await callApi<{ Options: object }>(host, "GET", "/networks/lan");
  assert.deepEqual(body.Options, { macvlan_mode: "bridge", parent: "uplink0" });
  await place.run("web", "--network", "lan");
  assert.match(await place.inside("web", "ip", "-o", "link", "show", "eth0"), / mtu 1400 /);
});

test("LAN-5: an internal network without a parent has one of its own, and nothing beyond", async () => {
  const id = await place.create("macvlan", "apart", "--internal", "--subnet", "10.44.0.0/24");
  for (const name of ["one", "two"]) await place.run(name, "--network", "apart", "--cap-add", "NET_ADMIN");
  assert.ok(await place.reaches("one", "two"));
  assert.equal((await place.inside("one", "ip", "route", "show", "default")).trim(), "");
  // Neither ARP nor packets to the far end's MAC get an answer, even with an address of the host in the subnet.
  await host.run("ip", "addr", "add", "10.44.0.200/32", "dev", "uplink0");
  const far = (await host.run("cat", `/proc/self/net/dev`)).includes(`flx${id.slice(0, 12)}`);
  assert.ok(far);
  const [{ address = "" } = {}] = await host.json<{ address: string }[]>(
    "ip",
    "-j",
    "link",
    "show",
    `flx${id.slice(0, 12)}`,
  );
  assert.equal(await place.reaches("one", "10.44.0.200", "1"), false);
  await place.inside(
    "one",
    "ip",
    "neigh",
    "replace",
    "10.44.0.200",
    "lladdr",
    address,
    "dev",
    "eth0",
    "nud",
    "permanent",
  );
  assert.equal(await place.reaches("one", "10.44.0.200", "1"), false);
  await host.run("ip", "addr", "del", "10.44.0.200/32", "dev", "uplink0");
  for (const name of ["one", "two"]) await host.fairlead("rm", "-f", name);
  await host.fairlead("network", "rm", "apart");
  assert.doesNotMatch(await host.run("ip", "-o", "link"), new RegExp(id.slice(0, 12)));
});

test("LAN-6: an internal network on a parent of the LAN offers no way out of its subnet", async () => {
  await place.lan("macvlan", "lan", "--internal", "-o", "parent=uplink0");
  await place.run("web", "--network", "lan");
  assert.equal((await place.inside("web", "ip", "route", "show", "default")).trim(), "");
  assert.ok(await place.reaches("web", router.ipv4));
});

test("LAN-7: modes private, vepa and passthru", async () => {
  for (const mode of ["private", "vepa"]) {
    await place.lan("macvlan", mode, "-o", "parent=uplink0", "-o", `macvlan_mode=${mode}`);
    for (const name of ["one", "two"]) await place.run(`${mode}-${name}`, "--network", mode);
    assert.ok(await place.reaches(`${mode}-one`, router.ipv4), mode);
    const { ipv4 } = await place.addressOf(`${mode}-two`, mode);
    assert.equal(await place.reaches(`${mode}-one`, ipv4, "1"), false, mode);
    await clear(host);
  }
  await place.lan("macvlan", "lan", "-o", "parent=uplink0", "-o", "macvlan_mode=passthru");
  await place.run("one", "--network", "lan");
  const [{ address = "" } = {}] = await host.json<{ address: string }[]>("ip", "-j", "link", "show", "uplink0");
  assert.match(await place.inside("one", "cat", "/sys/class/net/eth0/address"), new RegExp(address));
  assert.ok(await place.reaches("one", router.ipv4));
  assert.match(
    await place.refused("run", "-d", "--rootfs", "host", "--network", "lan", "sleep", "9"),
    /mode passthru needs "uplink0" for itself, and another link is on it/,
  );
  assert.match(
    await place.refused("create", "--rootfs", "host", "--network", "lan", "--mac-address", "02:00:00:00:00:09", "true"),
    /in mode passthru an endpoint of network lan has its parent's MAC/,
  );
  await host.fairlead("restart", "-t", "0", "one");
  assert.match(await place.agreement(), /agree/);
});

test("LAN-8: ports do not apply, which is said; a bridge network beside publishes, and its answers find the way back", async () => {
  await place.lan("macvlan", "lan", "-o", "parent=uplink0");
  await place.create("bridge", "inner", "--ipv6");
  const seen = place.daemon.log.length;
  await place.run("web", "--network", "lan", "-p", "9100:80");
  const { ipv4, ipv6 } = await place.addressOf("web", "lan");
  await place.daemon.logged(/ports are not published: its way out is network lan of driver macvlan/, seen);
  assert.match(
    await place.refused("port", "add", "web", "9200:80"),
    new RegExp(`directly at ${ipv4} and ${ipv6}; connect it to a bridge network`),
  );
  assert.equal(await host.fairlead("port", "web"), "");
  await place.serve("web", 80);
  assert.equal(await place.told(ipv4, 80), router.ipv4);
  await host.run("sh", "-c", `echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter`);
  await place.call("POST", "/networks/inner/connect", { Container: "web", EndpointConfig: { GwPriority: -1 } });
  assert.match(await place.inside("web", "ip", "route", "show", "default"), /via 192.0.2.1 dev eth0/);
  assert.equal(await place.told("192.0.2.2", 9100), router.ipv4);
  assert.equal(await place.told("2001:db8:f1ea::2", 9100), router.ipv6);
  await host.fairlead("port", "add", "web", "9200:80");
  assert.equal(await place.told("192.0.2.2", 9200), router.ipv4);
  assert.match(await place.agreement(), /agree/);
  await host.fairlead("network", "disconnect", "inner", "web");
  assert.equal(await host.fairlead("port", "web"), "");
  assert.match(await place.inside("web", "ip", "rule"), /^(?!.*1080)/s);
});

const bad: readonly [options: string[], words: RegExp][] = [
  [["-o", "parent=nosuch0"], /400 .*"parent": this host has no link "nosuch0"/],
  [["-o", "parent=nosuch0.7"], /400 .*neither a link "nosuch0.7" nor "nosuch0" to make it on/],
  [["-o", "parent=uplink0.4095"], /400 .*4095 is no VLAN id/],
  [["-o", "parent=lo"], /400 .*"lo" is the loopback/],
  [["-o", "parent=port0"], /400 .*"port0" is a port of "switch0"; use "switch0" itself/],
  [["-o", "parent=mac0"], /400 .*"mac0" is itself a link of kind macvlan; use its parent/],
  [["-o", "macvlan_mode=source"], /400 .*"source" is not offered; use bridge, vepa, private, passthru/],
  [["-o", "macvlan_mod=bridge"], /400 .*the macvlan driver takes parent, host_access/],
  [["-o", "host_access=perhaps"], /400 .*"perhaps" is neither true nor false/],
  [["-o", "host_access=true", "-o", "macvlan_mode=private"], /400 .*needs macvlan_mode=bridge/],
  [["-o", "com.docker.network.driver.mtu=9000"], /400 .*9000 is more than "uplink0" carries, 1500 bytes/],
];

test("LAN-9: a parent that cannot carry the network is refused in words, and nothing is left behind", async () => {
  await host.run(
    "sh",
    "-c",
    "ip link add down0 type veth peer name port0; ip link add switch0 type bridge; ip link set port0 master switch0",
  );
  await host.run("ip", "link", "add", "mac0", "link", "uplink0", "type", "macvlan");
  const before = await host.snapshot();
  for (const [options, words] of bad) {
    const entries = options.filter((word) => word !== "-o").map((word) => word.split("="));
    const body = { Name: "bad", Driver: "macvlan", Options: Object.fromEntries(entries) };
    assert.match(await place.call("POST", "/networks/create", body), words);
  }
  assert.deepEqual(await host.snapshot(), before);
  for (const name of ["mac0", "down0", "switch0"]) await host.run("ip", "link", "del", name);
});

test("LAN-9: a parent that is down is told of, and its containers are there before it is up", async () => {
  await host.ip("link add down0 type veth peer name far0", "link set far0 up");
  const { body } = await callApi(host, "POST", "/networks/create", {
    ...{ Name: "early", Driver: "macvlan", EnableIPv6: true, Options: { parent: "down0" } },
    IPAM: { Config: [{ Subnet: "10.45.0.0/24" }] },
  });
  assert.match(String(body["Warning"]), /^its parent "down0" is down.*: ip link set down0 up$/);
  await place.run("web", "--network", "early");
  assert.match(await place.agreement(), /agree/);
  await host.ip("address add 10.45.0.250/24 dev far0", "link set down0 up");
  await host.run("ping", "-c", "1", "-w", "10", "-I", "far0", (await place.addressOf("web", "early")).ipv4);
  await clear(host);
  await host.ip("link del down0");
});

test("LAN-10: networks share a parent, unless the kernel cannot", async () => {
  await place.lan("macvlan", "lan", "-o", "parent=uplink0");
  await place.create("macvlan", "second", "-o", "parent=uplink0", "--subnet", "10.45.0.0/24");
  const refused = (driver: string, ...options: string[]) =>
    place.refused("network", "create", "-d", driver, ...options.flatMap((option) => ["-o", option]), "other");
  assert.match(await refused("ipvlan", "parent=uplink0"), /its parent "uplink0" carries network lan \(macvlan\)/);
  assert.match(await refused("macvlan", "parent=uplink0", "macvlan_mode=passthru"), /mode passthru tolerates no other/);
  // Made by somebody else, and found only when it is used.
  await host.fairlead("network", "rm", "second");
  await host.run("ip", "link", "add", "pass0", "link", "uplink0", "type", "macvlan", "mode", "passthru");
  assert.match(
    await place.refused("run", "-d", "--name", "web", "--rootfs", "host", "--network", "lan", "sleep", "9"),
    /Cannot create link "eth0": EINVAL \(another link on "uplink0" is in mode passthru/,
  );
  await host.run("ip", "link", "del", "pass0");
  await host.fairlead("start", "web");
});

test("LAN-11: docker's CLI makes, shows and uses such a network", async () => {
  const docker = async (...args: string[]) => {
    const { code, stdout, stderr } = await host.docker(...args);
    assert.equal(code, 0, stderr);
    return stdout.trim();
  };
  const more = ["--aux-address", "printer=192.0.2.128", "--ip-range", "192.0.2.128/25", "-o", "parent=uplink0"];
  await docker("network", "create", "-d", "macvlan", "--subnet", "192.0.2.0/24", ...more, "lan");
  const [seen] = JSON.parse(await docker("network", "inspect", "lan"));
  assert.deepEqual(
    [seen.Driver, seen.Scope, seen.Options, seen.IPAM.Config],
    [
      "macvlan",
      "local",
      { parent: "uplink0" },
      [
        {
          ...{ Subnet: "192.0.2.0/24", IPRange: "192.0.2.128/25", Gateway: "192.0.2.129" },
          AuxiliaryAddresses: { printer: "192.0.2.128" },
        },
      ],
    ],
  );
  await place.run("web", "--network", "lan", "--ip", "192.0.2.177");
  assert.equal(await docker("inspect", "-f", "{{.NetworkSettings.Networks.lan.IPAddress}}", "web"), "192.0.2.177");
  await docker("network", "disconnect", "lan", "web");
  await docker("network", "connect", "lan", "web");
  await docker("rm", "-f", "web");
  await docker("network", "rm", "lan");
});
