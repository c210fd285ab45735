import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { sendLoopbackOverTheWire } from "../../lab/attacks.ts";
import { Inside, stationOf } from "../../lab/inside.ts";
import { Lab } from "../../lab/lab.ts";
import type { Station } from "../../lab/topology.ts";

const protocols = ["tcp", "udp"] as const;
const icc = "com.docker.network.bridge.enable_icc=false";

await using stack = new AsyncDisposableStack();
const lab = stack.use(await Lab.create());
const { host, ipv4, ipv6 } = await lab.addHost();
/** A host that lets 127.0.0.1 in from the wire: shows that the attack is one. */
const careless = await lab.addHost("careless");
const disposed = stack.move();
after(() => disposed[Symbol.asyncDispose]());

const outside = disposed.use(stationOf(lab.outside));
const machine = disposed.use(stationOf(host));
const at: Record<string, Inside> = {};
const place = (name: string): Inside => {
  const found = at[name];
  assert.ok(found, name);
  return found;
};

before(async () => {
  await host.startDaemon("--ipv6");
  for (const name of ["red", "blue"]) await host.fairlead("network", "create", "--ipv6", name);
  for (const name of ["sealed", "vault"]) await host.fairlead("network", "create", "--ipv6", "--internal", name);
  await host.fairlead("network", "create", "--ipv6", "--opt", icc, "quiet");
  const wanted: [string, ...string[]][] = [
    ["red1", "--network=red", "-p", "8080:80", "-p", "8080:80/udp"],
    ["red2", "--network=red", "--privileged"],
    ["blue1", "--network=blue"],
    ["default1"],
    ["sealed1", "--network=sealed", "--cap-add=NET_ADMIN"],
    ["sealed2", "--network=sealed"],
    ["vault1", "--network=vault"],
    ["quiet1", "--network=quiet"],
    ["quiet2", "--network=quiet", "-p", "8082:80", "-p", "8082:80/udp"],
  ];
  for (const [name, ...options] of wanted) at[name] = disposed.use(await Inside.run(host, name, ...options));
  const servers = [outside, machine, ...Object.values(at).map(({ station }) => station)];
  await Promise.all(servers.map((station) => station.serve(80)));
});

/** What a station gets from port 80 (or another) of each address, by address and protocol: an answer or how it fails. */
async function outcomes(
  from: Station,
  addresses: readonly string[],
  ask: "ask" | "refused",
  port = 80,
): Promise<Record<string, string>> {
  const asked = addresses.flatMap((address) =>
    protocols.map(async (protocol) => [`${protocol} ${address}`, await from[ask](protocol, address, port)]),
  );
  return Object.fromEntries(await Promise.all(asked)) as Record<string, string>;
}

/** The same for all. */
const allOf = (addresses: readonly string[], expected: (address: string) => string): Record<string, string> =>
  Object.fromEntries(addresses.flatMap((address) => protocols.map((p) => [`${p} ${address}`, expected(address)])));

const addressesOf = (...names: string[]): string[] => names.flatMap((name) => [place(name).ipv4, place(name).ipv6]);
const sameFamily = (address: string, v4: string, v6: string): string => (address.includes(":") ? v6 : v4);

test("ISO-1 members of a network reach each other, those of other networks nobody, TCP and UDP, IPv4 and IPv6", async () => {
  const friends = addressesOf("red2");
  const { ipv4: own4, ipv6: own6 } = place("red1");
  assert.deepEqual(
    await outcomes(place("red1").station, friends, "ask"),
    allOf(friends, (address) => sameFamily(address, own4, own6)),
  );
  const groups = ["red1", "blue1", "default1", "quiet1"];
  const all = groups.map(async (name) => {
    const strangers = addressesOf(...groups.filter((other) => other !== name), "sealed1");
    assert.equal(strangers.filter(Boolean).length, 8);
    assert.deepEqual(
      await outcomes(place(name).station, strangers, "refused"),
      allOf(strangers, () => "silence"),
      `from ${name}`,
    );
  });
  await Promise.all(all);
});

test("ISO-2 an internal network has no default route; with one added by hand it reaches its members, and nothing else", async () => {
  const sealed = place("sealed1");
  for (const family of ["-4", "-6"]) assert.equal(await sealed.run("ip", family, "route", "show", "default"), "");
  const away = [lab.outsideIpv4, lab.outsideIpv6, ...addressesOf("red1", "vault1"), ipv4, ipv6];
  assert.deepEqual(
    await outcomes(sealed.station, away, "refused"),
    allOf(away, () => "ENETUNREACH"),
  );

  const [{ IPAM }] = JSON.parse(await host.fairlead("network", "inspect", "sealed")) as [
    { IPAM: { Config: { Gateway: string }[] } },
  ];
  // By exec: with the capabilities that the container really has.
  for (const { Gateway } of IPAM.Config) {
    await host.fairlead("exec", "sealed1", "ip", "route", "add", "default", "via", Gateway);
  }
  const forwarded = away.filter((address) => ![ipv4, ipv6].includes(address));
  assert.deepEqual(
    await outcomes(sealed.station, forwarded, "refused"),
    allOf(forwarded, () => "silence"),
  );
  // Nor by way of what others publish at the host's addresses.
  const published = await outcomes(sealed.station, [ipv4, ipv6], "refused", 8080);
  assert.deepEqual(
    published,
    allOf([ipv4, ipv6], () => "silence"),
  );
  const members = addressesOf("sealed2");
  assert.deepEqual(
    await outcomes(sealed.station, members, "ask"),
    allOf(members, (address) => sameFamily(address, sealed.ipv4, sealed.ipv6)),
  );
});

test("ISO-3 with enable_icc=false members do not reach each other, but their gateway and the outside", async () => {
  const { station, ipv4: own4, ipv6: own6 } = place("quiet1");
  const members = addressesOf("quiet2");
  assert.deepEqual(
    await outcomes(station, members, "refused"),
    allOf(members, () => "silence"),
  );
  const gateways = [await place("quiet1").run("sh", "-c", "ip -4 route show default | cut -d' ' -f3")];
  gateways.push(await place("quiet1").run("sh", "-c", "ip -6 route show default | cut -d' ' -f3"));
  assert.deepEqual(
    await outcomes(station, gateways, "ask"),
    allOf(gateways, (address) => sameFamily(address, own4, own6)),
  );
  const away = [lab.outsideIpv4, lab.outsideIpv6];
  assert.deepEqual(
    await outcomes(station, away, "ask"),
    allOf(away, (address) => sameFamily(address, ipv4, ipv6)),
  );
});

test("ISO-3 with enable_icc=false what a member publishes is reached from outside and from other networks", async () => {
  assert.equal(await outside.ask("tcp", ipv4, 8082), lab.outsideIpv4);
  assert.equal(await place("red1").station.ask("tcp", ipv4, 8082), place("red1").ipv4);
});

for (const name of ["red1", "default1"]) {
  test(`ISO-4 the outside sees the host's addresses, not those of ${name}`, async () => {
    const away = [lab.outsideIpv4, lab.outsideIpv6];
    assert.deepEqual(
      await outcomes(place(name).station, away, "ask"),
      allOf(away, (address) => sameFamily(address, ipv4, ipv6)),
    );
  });
}

test("ISO-5 who routes the containers' subnets to the host reaches no container, published ports or not", async () => {
  const victims = addressesOf("red1", "blue1", "default1", "sealed1", "quiet1");
  for (const victim of victims) {
    await lab.outside.run("ip", "route", "add", victim, "via", sameFamily(victim, ipv4, ipv6));
  }
  assert.deepEqual(
    await outcomes(outside, victims, "refused"),
    allOf(victims, () => "silence"),
  );
  // The same routes do lead to the host.
  await lab.outside.run("ip", "route", "add", "10.99.0.1", "via", ipv4);
  await host.run("ip", "address", "add", "10.99.0.1/32", "dev", "lo");
  assert.equal(await outside.ask("tcp", "10.99.0.1", 80), lab.outsideIpv4);
});

test("ISO-9 with enable_ip_masquerade=false containers leave with their own address, and stay unreachable", async () => {
  const bare = "com.docker.network.bridge.enable_ip_masquerade=false";
  await host.fairlead("network", "create", "--ipv6", "--opt", bare, "routed");
  const routed = disposed.use(await Inside.run(host, "routed1", "--network=routed", "-p", "8090:80"));
  await routed.station.serve(80);
  const own = [routed.ipv4, routed.ipv6];
  for (const address of own) {
    await lab.outside.run("ip", "route", "add", address, "via", sameFamily(address, ipv4, ipv6));
  }
  const away = [lab.outsideIpv4, lab.outsideIpv6];
  assert.deepEqual(
    await outcomes(routed.station, away, "ask"),
    allOf(away, (address) => sameFamily(address, routed.ipv4, routed.ipv6)),
  );
  assert.deepEqual(
    await outcomes(outside, own, "refused"),
    allOf(own, () => "silence"),
  );
  assert.equal(await outside.ask("tcp", ipv4, 8090), lab.outsideIpv4);
});

test("ISO-13 with host_ipv4 and host_ipv6 a network's containers leave with those addresses", async () => {
  const sources = ["10.99.0.13", "fd99::13"];
  const options = ["host_ipv4", "host_ipv6"].flatMap((key, i) => ["--opt", `com.docker.network.${key}=${sources[i]}`]);
  await host.fairlead("network", "create", "--ipv6", ...options, "chosen");
  const chosen = disposed.use(await Inside.run(host, "chosen1", "--network=chosen"));
  for (const source of sources) {
    await host.run("ip", "address", "add", source, "dev", "lo");
    await lab.outside.run("ip", "route", "add", source, "via", sameFamily(source, ipv4, ipv6));
  }
  const away = [lab.outsideIpv4, lab.outsideIpv6];
  assert.deepEqual(
    await outcomes(chosen.station, away, "ask"),
    allOf(away, (address) => sameFamily(address, "10.99.0.13", "fd99::13")),
  );
});

test("ISO-6 services on the host's loopback are out of reach of a container that routes 127.0.0.1 at the host", async () => {
  await machine.serve(7000, "127.0.0.1");
  const attacker = place("red2");
  const gateway = await attacker.run("sh", "-c", "ip -4 route show default | cut -d' ' -f3");
  assert.deepEqual(
    await outcomes(attacker.station, [gateway], "refused", 7000),
    allOf([gateway], () => "ECONNREFUSED"),
  );
  await attacker.run("sh", "-c", sendLoopbackOverTheWire("eth0", gateway));
  assert.deepEqual(
    await outcomes(attacker.station, ["127.0.0.1"], "refused", 7000),
    allOf(["127.0.0.1"], () => "silence"),
  );
});

test("ISO-6 services on the host's loopback are out of reach of a machine that routes 127.0.0.1 at the host", async () => {
  await careless.host.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/uplink0/route_localnet");
  const victim = disposed.use(stationOf(careless.host));
  await victim.serve(7000, "127.0.0.1");
  await lab.outside.run("sh", "-c", sendLoopbackOverTheWire("wire", careless.ipv4));
  assert.equal(await outside.ask("tcp", "127.0.0.1", 7000), lab.outsideIpv4);
  await lab.outside.run("ip", "route", "change", "127.0.0.1", "via", ipv4, "dev", "wire");
  assert.deepEqual(
    await outcomes(outside, ["127.0.0.1"], "refused", 7000),
    allOf(["127.0.0.1"], () => "silence"),
  );
});

test("ISO-7 a container on the host's root sees neither the daemon's socket nor its data", async () => {
  // On the file system that the containers' root is made of, not on one of its own as a lab's host has it.
  const folder = mkdtempSync("/var/lib/fairlead-iso-");
  using _folder = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
  const second = await lab.addHost("second");
  const argv = ["--host", `unix://${folder}/s`, "--data-root", `${folder}/data`, "--exec-root", `${folder}/run`];
  await second.host.startDaemon(...argv);
  const run = ["run", "--rm", "--rootfs", "host"];
  const look = ["sh", "-c", `ls -A ${folder}/data ${folder}/run; curl -sS --unix-socket ${folder}/s http://x/_ping`];
  const cli = join(import.meta.dirname, "../../fairlead");
  const seen = await second.host.exec([cli, "--host", `unix://${folder}/s`, ...run, ...look]);
  await second.host.killDaemon(); // it makes again what of its folder is removed under it
  assert.equal(seen.stdout, `${folder}/data:\n\n${folder}/run:\n`);
  assert.match(seen.stderr, /^curl: \(7\)/); // cannot connect
});

test("ISO-8 what an operator forbids in chain operator is obeyed, and survives the daemon, a repair and a flush", async () => {
  const away = [lab.outsideIpv4];
  const { station, ipv4: source } = place("blue1");
  const forbidden = () => outcomes(station, away, "refused");
  const silent = allOf(away, () => "silence");
  const rule = `nft add rule inet fairlead operator ip saddr ${source} ip daddr ${lab.outsideIpv4} drop`;
  await host.run("sh", "-c", rule);
  assert.deepEqual(await forbidden(), silent);
  assert.equal(await station.ask("tcp", lab.outsideIpv6, 80), ipv6);
  // With ISO-6's attacker running, who took 127.0.0.1 away from his own sandbox: that keeps no daemon from starting.
  await host.killDaemon();
  await host.startDaemon("--ipv6");
  assert.deepEqual(await forbidden(), silent);
  await host.run("nft", "flush", "chain", "inet", "fairlead", "forward");
  await host.fairlead("repair");
  assert.deepEqual(await forbidden(), silent);
  assert.deepEqual(
    await outcomes(place("red1").station, [source], "refused"),
    allOf([source], () => "silence"),
  );
});
