import assert from "node:assert/strict";
import { after, afterEach, before, test } from "node:test";
import { callApi } from "../../lab/api.ts";
import type { Daemon } from "../../lab/daemon.ts";
import { dockerCli } from "../../lab/docker-cli.ts";
import { Inside, stationOf } from "../../lab/inside.ts";
import { Lab } from "../../lab/lab.ts";
import { allOf, outcomes } from "../../lab/outcomes.ts";
import type { Station } from "../../lab/topology.ts";

await using stack = new AsyncDisposableStack();
const lab = stack.use(await Lab.create());
const { host, ipv4, ipv6 } = await lab.addHost();
const disposed = stack.move();
after(() => disposed[Symbol.asyncDispose]());

const { docker } = dockerCli(host);
const outside = disposed.use(stationOf(lab.outside));
const machine = disposed.use(stationOf(host));
const at: Record<string, Inside> = {};
const place = (name: string): Inside => {
  const found = at[name];
  assert.ok(found, name);
  return found;
};
const both = (spec: string): string[] => ["-p", spec, "-p", `${spec}/udp`];
const away = [lab.outsideIpv4, lab.outsideIpv6];
const ofHost = [ipv4, ipv6];
const own = (name: string): string[] => [place(name).ipv4, place(name).ipv6];

/** A network with a gateway mode of each family, and subnets that the outside routes to the host. */
async function makeNetwork(name: string, number: number, modes: readonly [string, string], ...more: string[]) {
  const subnets = [`10.90.${number}.0/24`, `fd90:${number}::/64`];
  const options = modes.map((mode, six) => `com.docker.network.bridge.gateway_mode_ipv${six ? 6 : 4}=${mode}`);
  const given = [...subnets.flatMap((subnet) => ["--subnet", subnet]), ...options.flatMap((each) => ["--opt", each])];
  await host.fairlead("network", "create", "--ipv6", ...given, ...more, name);
  for (const subnet of subnets)
    await lab.outside.run("ip", "route", "add", subnet, "via", subnet.includes(":") ? ipv6 : ipv4);
}

let daemon: Daemon;
before(async () => {
  daemon = await host.startDaemon();
  await makeNetwork("direct", 1, ["routed", "routed"]);
  await makeNetwork("mixed", 2, ["nat", "routed"]);
  await makeNetwork("bare", 3, ["nat-unprotected", "nat-unprotected"]);
  await makeNetwork("plain", 4, ["nat", "nat"]);
  await makeNetwork("quiet", 5, ["routed", "routed"], "--opt", "com.docker.network.bridge.enable_icc=false");
  const wanted: [string, ...string[]][] = [
    ["direct1", "--network=direct", ...both("8080:80"), ...both("7000-7005:7000-7005")],
    ["direct2", "--network=direct"],
    ["mixed1", "--network=mixed", ...both("8081:80")],
    ["bare1", "--network=bare", ...both("8082:80")],
    ["plain1", "--network=plain"],
    ["quiet1", "--network=quiet", ...both("8083:80")],
    ["quiet2", "--network=quiet"],
  ];
  for (const [name, ...options] of wanted) at[name] = disposed.use(await Inside.run(host, name, ...options));
  const all = Object.values(at).map(({ station }) => station);
  await Promise.all([outside, machine, ...all].map((station) => station.serve(80)));
  await Promise.all(all.map((station) => station.serve(81)));
  for (const port of [7000, 7005]) await place("direct1").station.serve(port);
});

afterEach(async () => {
  // Made by one test; one that fails leaves nothing for the next.
  await host.cli("rm", "-f", "one");
});

const seenBy = async (from: Station, port: number, addresses: readonly string[], v4: string, v6: string) =>
  assert.deepEqual(await outcomes(from, port, addresses), allOf(addresses, v4, v6), `${from.name} to port ${port}`);
const silent = async (from: Station, port: number, addresses: readonly string[]) =>
  assert.deepEqual(await outcomes(from, port, addresses, "refused"), allOf(addresses, "silence"), `port ${port}`);
const refused = async (from: Station, port: number, addresses: readonly string[]) =>
  assert.deepEqual(await outcomes(from, port, addresses, "refused"), allOf(addresses, "ECONNREFUSED"), `port ${port}`);

const shown = async (name: string): Promise<string[]> =>
  (await host.fairlead("port", name)).split("\n").filter(Boolean).sort();
const agree = async () => assert.match(await host.fairlead("repair", "--dry-run"), /agree/);

test("ISO-10 a routed network's containers are reached at their own addresses, from outside and other networks: published ports, and no others", async () => {
  const { station, ipv4: plain4, ipv6: plain6 } = place("plain1");
  for (const port of [80, 7000, 7005]) await seenBy(outside, port, own("direct1"), lab.outsideIpv4, lab.outsideIpv6);
  await seenBy(station, 80, own("direct1"), plain4, plain6);
  await Promise.all([
    silent(outside, 81, own("direct1")),
    silent(outside, 80, own("direct2")),
    silent(station, 81, own("direct1")),
  ]);
});

test("ISO-10 containers of a routed network leave with their own addresses, and reach no container of others", async () => {
  const { station, ipv4: own4, ipv6: own6 } = place("direct1");
  await seenBy(station, 80, away, own4, own6);
  await silent(station, 80, own("plain1"));
  // The neighbours of a network are as they are in any.
  await seenBy(station, 81, own("direct2"), own4, own6);
});

test("ISO-10 ICMP reaches containers of routed families, and no others", async () => {
  const pinged = async (address: string) =>
    (await lab.outside.exec(["ping", "-c", "1", "-W", "1", address])).code === 0;
  const addresses = [...own("direct2"), ...own("mixed1"), ...own("plain1")];
  assert.deepEqual(await Promise.all(addresses.map(pinged)), [true, true, false, true, false, false]);
});

test("ISO-10 with enable_icc=false the outside reaches what is published, and a neighbour nothing", async () => {
  await seenBy(outside, 80, own("quiet1"), lab.outsideIpv4, lab.outsideIpv6);
  const { station } = place("quiet2");
  for (const address of own("quiet1"))
    assert.doesNotMatch(await station.refused("tcp", address, 80), /^answered/, address);
});

test("ISO-11 a nat-unprotected network's containers are reached on every port, from outside and from other networks", async () => {
  for (const port of [80, 81]) await seenBy(outside, port, own("bare1"), lab.outsideIpv4, lab.outsideIpv6);
  await seenBy(place("bare1").station, 80, away, ipv4, ipv6);
  await seenBy(outside, 8082, ofHost, lab.outsideIpv4, lab.outsideIpv6);
  const { station, ipv4: plain4, ipv6: plain6 } = place("plain1");
  for (const port of [80, 81]) await seenBy(station, port, own("bare1"), plain4, plain6);
  await silent(place("bare1").station, 80, own("plain1"));
});

test("PORT-16 a port published in a routed family takes none of the host, and is shown without one", async () => {
  assert.deepEqual((await shown("direct1")).slice(-4), [
    ...["80/tcp -> 0.0.0.0:", "80/tcp -> [::]:", "80/udp -> 0.0.0.0:", "80/udp -> [::]:"],
  ]);
  await refused(outside, 8080, ofHost);
  await refused(machine, 8080, ["127.0.0.1", "::1", ...ofHost]);
  await seenBy(machine, 80, own("direct1"), "10.90.1.1", "fd90:1::1");
  // Another may have the number.
  using one = await Inside.run(host, "one", "--network=plain", ...both("8080:80"));
  await one.station.serve(80);
  await seenBy(outside, 8080, ofHost, lab.outsideIpv4, lab.outsideIpv6);
});

test("PORT-16 the families of a network are independent of each other", async () => {
  const [{ NetworkSettings }] = JSON.parse(await host.fairlead("inspect", "mixed1"));
  assert.deepEqual(NetworkSettings.Ports["80/tcp"], [
    { HostIp: "0.0.0.0", HostPort: "8081" },
    { HostIp: "::", HostPort: "" },
  ]);
  const ports = await docker("port", "mixed1", "80/tcp");
  assert.deepEqual(ports.replace(/^:::/m, "[::]:").split("\n"), ["0.0.0.0:8081", "[::]:"]); // 20.10 writes no brackets
  const filters = encodeURIComponent('{"name":["mixed1"]}');
  const { body } = await callApi<[{ Ports: { Type: string }[] }]>(host, "GET", `/containers/json?filters=${filters}`);
  assert.deepEqual(
    body[0].Ports.filter(({ Type }) => Type === "tcp"),
    [
      { IP: "0.0.0.0", PrivatePort: 80, PublicPort: 8081, Type: "tcp" },
      { IP: "::", PrivatePort: 80, Type: "tcp" },
    ],
  );
  const { ipv4: four, ipv6: six, station } = place("mixed1");
  await seenBy(outside, 8081, [ipv4], lab.outsideIpv4, "");
  await seenBy(outside, 80, [six], "", lab.outsideIpv6);
  await seenBy(station, 80, away, ipv4, six);
  await refused(outside, 8081, [ipv6]);
  await silent(outside, 80, [four]);
});

test("PORT-16 an address and a port of the host mean only the family where it is routed, which the log tells; -P opens what is exposed", async () => {
  const ports = ["-p", "127.0.0.1:9000:80", "-P", "--expose=82/udp"];
  using one = await Inside.run(host, "one", "--network=direct", ...ports);
  assert.deepEqual(await shown("one"), ["80/tcp -> 0.0.0.0:", "82/udp -> 0.0.0.0:", "82/udp -> [::]:"]);
  await one.station.serve(80);
  assert.equal(await outside.ask("tcp", one.ipv4, 80), lab.outsideIpv4);
  assert.equal(await outside.refused("tcp", one.ipv6, 80), "silence");
  for (const line of [/Using address 0\.0\.0\.0 because NAT is disabled/, /Host port ignored, because NAT is disabled/])
    await daemon.logged(line, 0);
});

test("PORT-17 ports are opened and closed of a running container in a routed network, by what was asked for", async () => {
  using one = await Inside.run(host, "one", "--network=direct");
  for (const port of [80, 81]) await one.station.serve(port);
  const there = [one.ipv4, one.ipv6];
  assert.equal(await host.fairlead("port", "add", "one", "9100:80"), "80/tcp -> 0.0.0.0:\n80/tcp -> [::]:");
  await host.fairlead("port", "add", "one", "9101:80", "9100:80/udp", "81");
  await seenBy(outside, 80, there, lab.outsideIpv4, lab.outsideIpv6);
  // Two asked for it: it stays open until the second is withdrawn.
  await host.fairlead("port", "rm", "one", "9100:80");
  await seenBy(outside, 80, there, lab.outsideIpv4, lab.outsideIpv6);
  await host.fairlead("port", "rm", "one", "9101:80", "80/udp");
  await silent(outside, 80, there);
  assert.deepEqual(await shown("one"), ["81/tcp -> 0.0.0.0:", "81/tcp -> [::]:"]);
  await agree();
});

test("PORT-17 a UDP flow through an opened port ends when the port is closed", async () => {
  using one = await Inside.run(host, "one", "--network=direct", "-p", "80/udp");
  await one.station.serve(80);
  const client = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("", 5300))
s.settimeout(0.5)
s.sendto(b"?", ("${one.ipv4}", 80))
try: print("heard", len(s.recvfrom(99)[0]) > 0)
except TimeoutError: print("silence")`;
  const ask = async () => (await lab.outside.run("python3", "-c", client)).trim();
  for (const heard of ["heard True", "heard True"]) assert.equal(await ask(), heard);
  await host.fairlead("port", "rm", "one", "80/udp");
  assert.equal(await ask(), "silence");
});

test("PORT-17 ports follow the gateway from a nat network to a routed one and back", async () => {
  using one = await Inside.run(host, "one", "--network=plain", ...both("9200:80"));
  await one.station.serve(80);
  const before = ["80/tcp -> 0.0.0.0:9200", "80/tcp -> [::]:9200", "80/udp -> 0.0.0.0:9200", "80/udp -> [::]:9200"];
  assert.deepEqual(await shown("one"), before);
  // Lexically before the other, so that the default route goes there.
  await host.fairlead("network", "connect", "direct", "one");
  assert.deepEqual(
    await shown("one"),
    before.map((line) => line.replace("9200", "")),
  );
  const [{ NetworkSettings }] = JSON.parse(await host.fairlead("inspect", "one"));
  const { IPAddress, GlobalIPv6Address } = NetworkSettings.Networks.direct;
  await seenBy(outside, 80, [IPAddress, GlobalIPv6Address], lab.outsideIpv4, lab.outsideIpv6);
  await refused(outside, 9200, ofHost);
  await agree();
  // The host's port is free meanwhile.
  await host.fairlead("run", "-d", "--name=taker", ...both("9200:80"), "--rootfs=host", "sleep", "infinity");
  await host.fairlead("rm", "-f", "taker");
  await host.fairlead("network", "disconnect", "direct", "one");
  assert.deepEqual(await shown("one"), before);
  await seenBy(outside, 9200, ofHost, lab.outsideIpv4, lab.outsideIpv6);
  await silent(outside, 80, [IPAddress, GlobalIPv6Address]);
  await agree();
});

test("PORT-18 ports that one network publishes are open at the container's address on a routed one, too", async () => {
  using one = await Inside.run(host, "one", "--network=plain", ...both("9300:80"));
  for (const port of [80, 81]) await one.station.serve(port);
  const config = { GwPriority: -1 };
  const connected = await callApi(host, "POST", "/networks/direct/connect", {
    Container: "one",
    EndpointConfig: config,
  });
  assert.equal(connected.status, 200);
  const [{ NetworkSettings }] = JSON.parse(await host.fairlead("inspect", "one"));
  const { IPAddress, GlobalIPv6Address } = NetworkSettings.Networks.direct;
  const there = [IPAddress, GlobalIPv6Address];
  // A UDP server that is bound to no address answers from the one of the default route.
  const seen = await Promise.all(there.map((address) => outside.ask("tcp", address, 80)));
  assert.deepEqual(seen, [lab.outsideIpv4, lab.outsideIpv6]);
  await seenBy(outside, 9300, ofHost, lab.outsideIpv4, lab.outsideIpv6);
  await Promise.all([silent(outside, 81, there), silent(outside, 80, [one.ipv4, one.ipv6])]);
  await host.fairlead("port", "rm", "one", "9300:80");
  await silent(outside, 80, there);
  await agree();
});

const everythingStands = async () => {
  await seenBy(outside, 80, [...own("direct1"), place("mixed1").ipv6], lab.outsideIpv4, lab.outsideIpv6);
  await seenBy(outside, 81, own("bare1"), lab.outsideIpv4, lab.outsideIpv6);
  await seenBy(outside, 8081, [ipv4], lab.outsideIpv4, "");
  await silent(outside, 81, own("direct1"));
  await agree();
};

test("PORT-17 gateway modes are whole after a flushed rule set and its repair, and after a killed daemon", async () => {
  await host.run("nft", "flush", "ruleset");
  await host.fairlead("repair");
  await everythingStands();
  await host.killDaemon();
  await host.startDaemon();
  await everythingStands();
  assert.deepEqual((await shown("mixed1")).slice(0, 2), ["80/tcp -> 0.0.0.0:8081", "80/tcp -> [::]:"]);
});

test("ISO-10 a gateway mode that there is not is refused with those there are, and no network is left", async () => {
  const option = "com.docker.network.bridge.gateway_mode_ipv4=bridged";
  const { code, stderr } = await host.cli("network", "create", "--opt", option, "odd");
  assert.equal(code, 1);
  assert.match(stderr, /unknown gateway mode "bridged"; use nat, nat-unprotected, routed, isolated/);
  assert.doesNotMatch(await host.fairlead("network", "ls", "--format", "{{.Name}}"), /odd/);
});

/** Published for the host alone: whoever is trusted reaches it at the container all the same, as with Docker. */
const local = (port: number): string[] => both(`127.0.0.1:${port}:82`);

/** What is published on 80, and nothing else but what 127.0.0.1 has on 82, is reached at the container's own address. */
async function openOnlyWhereMapped(one: Inside, from: Station, v4: string, v6: string) {
  for (const port of [80, 81, 82]) await one.station.serve(port);
  await seenBy(from, 82, [one.ipv4], v4, v6);
  await silent(from, 82, [one.ipv6]);
  await seenBy(from, 80, [one.ipv4, one.ipv6], v4, v6);
  await silent(from, 81, [one.ipv4, one.ipv6]);
  await agree();
}

test("ISO-12 from a link that a network trusts its published ports are reached at the containers' own addresses, too", async () => {
  const option = "com.docker.network.bridge.trusted_host_interfaces";
  await makeNetwork("known", 6, ["nat", "nat"], "--opt", `${option}=elsewhere0:uplink0`);
  const ports = [...both("9400:80"), ...local(9401), ...both("9410-9414:9410-9414")];
  using one = await Inside.run(host, "one", "--network=known", ...ports);
  await openOnlyWhereMapped(one, outside, lab.outsideIpv4, lab.outsideIpv6);
  for (const port of [9410, 9414, 9415]) await one.station.serve(port);
  for (const port of [9410, 9414]) await seenBy(outside, port, [one.ipv4, one.ipv6], lab.outsideIpv4, lab.outsideIpv6);
  await silent(outside, 9415, [one.ipv4, one.ipv6]);
  await seenBy(outside, 9400, ofHost, lab.outsideIpv4, lab.outsideIpv6);
  await refused(outside, 9401, ofHost);
  await silent(place("plain1").station, 80, [one.ipv4, one.ipv6]);
  await silent(place("plain1").station, 82, [one.ipv4]);
  await host.fairlead("port", "rm", "one", "9400:80", "9400:80/udp");
  await silent(outside, 80, [one.ipv4, one.ipv6]);
  const wrong = await host.cli("network", "create", "--opt", `${option}=much-too-long-a-name`, "odd");
  assert.match(wrong.stderr, /trusted_host_interfaces": "much-too-long-a-name" is no interface name/);
});

test("ISO-12 with --allow-direct-routing published ports are reached at the containers' own addresses from everywhere", async () => {
  await host.killDaemon();
  await host.startDaemon("--allow-direct-routing");
  using one = await Inside.run(host, "one", "--network=plain", ...both("9500:80"), ...local(9501));
  await openOnlyWhereMapped(one, outside, lab.outsideIpv4, lab.outsideIpv6);
  const { station, ipv4: own4, ipv6: own6 } = place("direct1");
  await seenBy(station, 80, [one.ipv4, one.ipv6], own4, own6);
  await seenBy(station, 82, [one.ipv4], own4, own6);
  await refused(outside, 9501, ofHost);
  await host.killDaemon();
  await host.startDaemon();
  await silent(outside, 80, [one.ipv4, one.ipv6]);
  await seenBy(outside, 9500, ofHost, lab.outsideIpv4, lab.outsideIpv6);
});
