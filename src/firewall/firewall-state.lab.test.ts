import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { after, before, beforeEach, test } from "node:test";
import { addBridge, addNamespace, ip, privateNamespaces, Station, sysctl } from "../../lab/topology.ts";
import { KernelError } from "../base/kernel-error.ts";
import type { FirewallElement, FirewallSet } from "../contracts/firewall.ts";
import { Namespaces } from "../kernel/netns/namespaces.ts";
import { openNft } from "../kernel/nft/nft.ts";
import { createFirewall } from "./firewall.ts";
import { chains, sets } from "./table.ts";

/** outside 198.51.100.2 --- host --- net1: web 10.77.1.2 */
privateNamespaces();
const namespaces = new Namespaces("/run/netns");
const nft = openNft({ runIn: (netns, body) => namespaces.runIn(netns, body) });
const firewall = createFirewall({ nft });
const run = (commands: string) => nft.run("host", commands);
const listing = (what = "list table inet fairlead") => execFileSync("nft", what.split(" ")).toString();

const element = (set: FirewallSet, key: string[], value?: string[], why = "a test"): FirewallElement => ({
  set,
  key,
  ...(value ? { value } : {}),
  owner: "network/lab",
  why,
});
const port = (number: number, address = "10.77.1.2", why = "a test") =>
  element("publish_any4", ["tcp", String(number)], [address, "80"], why);
const net1 = [
  element("bridges", ["net1"]),
  element("same", ["net1", "net1"]),
  element("members4", ["10.77.1.0/24"]),
  element("masquerade4", ["10.77.1.0/24"]),
  element("members6", ["fd77::5/128"]),
];
/** Every kind of element, in every spelling that a listing changes. */
const desired = [
  ...net1,
  element("internal", ["net9"]),
  element("source4", ["10.77.1.0/24"], ["198.51.100.9"]),
  element("source6", ["fd77::5/128"], ["2001:db8::9"]),
  port(8080),
  element("publish_any6", ["udp", "53"], ["fd77::2", "53"]),
  element("publish_at4", ["sctp", "127.0.0.1", "9"], ["10.77.1.2", "9"]),
  element("publish_at6", ["tcp", "::1", "9"], ["fd77::2", "9"]),
  element("publish_range4", ["tcp", "0.0.0.0/0", "1000-2000"], ["10.77.1.2"]),
  element("publish_range4", ["udp", "198.51.100.1", "1000-2000"], ["10.77.1.2"]),
  element("routed4", ["net1"]),
  element("unprotected6", ["net1"]),
  element("trusted", ["eth1", "net1"]),
  element("trusting", ["net9"]),
  element("mapped4", ["udp", "10.77.1.2", "53"]),
  element("mapped6", ["tcp", "fd77::2", "80"]),
  element("mapped_range4", ["tcp", "10.77.1.2", "1000-2000"]),
  element("mapped_range6", ["udp", "fd77::2", "1000-2000"]),
  element("open4", ["tcp", "10.77.1.2", "80"]),
  element("open6", ["udp", "fd77::2", "53"]),
  element("open_range4", ["udp", "10.77.1.2", "1000-2000"]),
  element("open_range6", ["sctp", "fd77::2", "1000-2000"]),
  element("publish_range6", ["tcp", "::/0", "1000-2000"], ["fd77::2"], `${"ü".repeat(70)} "quoted" \\ \n`),
];
let web: Station;
let outside: Station;

before(async () => {
  ip("link set lo up");
  sysctl("net/ipv4/ip_forward", "1");
  addBridge("net1", "10.77.1.1/24");
  addNamespace("web", { bridge: "net1", addresses: ["10.77.1.2/24"], gateways: ["10.77.1.1"] });
  const hostAddresses = ["198.51.100.1/24"];
  addNamespace("outside", { hostAddresses, addresses: ["198.51.100.2/24"], gateways: ["198.51.100.1"] });
  [web, outside] = [new Station("web"), new Station("outside")];
  await web.serve(80);
  await outside.serve(80);
});
beforeEach(() => run("flush ruleset"));
after(() => {
  for (const station of [web, outside]) station[Symbol.dispose]();
  nft[Symbol.dispose]();
});

test("firewall.ensure() makes the table of the golden text, and then has nothing to say", () => {
  assert.deepEqual(
    firewall.ensure().map(({ problem, object }) => `${problem} ${object}`),
    ["missing table inet fairlead"],
  );
  const golden = new URL("testdata/table.nft", import.meta.url);
  if (process.env["UPDATE_GOLDEN"] || !existsSync(golden)) writeFileSync(golden, listing());
  assert.equal(listing(), readFileSync(golden, "utf8"));
  assert.deepEqual(firewall.ensure(), []);
  assert.equal(listing("list tables"), "table inet fairlead\n"); // nothing is left of the reference
});

const damages: Record<string, string> = {
  "a rule gone": "flush chain inet fairlead forward",
  "a rule too many": "add rule inet fairlead forward drop",
  "a changed rule": "flush chain inet fairlead nat_output\nadd rule inet fairlead nat_output accept",
  "a chain gone": "delete chain inet fairlead nat_postrouting",
  "a chain with another policy": "chain inet fairlead forward { policy drop; }",
  "a chain of another hook":
    "delete chain inet fairlead forward\nadd chain inet fairlead forward { type filter hook input priority 7; }",
  "a set of another type":
    "flush chain inet fairlead loopback6_output\ndelete set inet fairlead loopback6\nadd set inet fairlead loopback6 { type mark; }",
  "a table of before the gateway modes": [
    "flush chain inet fairlead forward",
    ...["unprotected", "routed", "open", "open_range"].flatMap((name) =>
      [4, 6].map((family) => `delete set inet fairlead ${name}${family}`),
    ),
  ].join("\n"),
  "a flushed set": "flush set inet fairlead bridges",
  "a foreign element":
    'add element inet fairlead publish_any4 { tcp . 6666 : 10.0.0.1 . 1 }\nadd element inet fairlead bridges { "evil" }',
  "a changed value":
    "delete element inet fairlead publish_any4 { tcp . 8080 }\nadd element inet fairlead publish_any4 { tcp . 8080 : 10.0.0.1 . 1 }",
  "the table asleep": "table inet fairlead { flags dormant; }",
  "the table gone": "delete table inet fairlead",
};

for (const [name, commands] of Object.entries(damages)) {
  test(`firewall.restore() mends ${name}, and the operator's chain keeps its rules`, () => {
    firewall.restore(desired);
    const operators = 'ip daddr 192.0.2.1 drop comment "the owner\'s"';
    run(`add rule inet fairlead operator ${operators}`);
    assert.deepEqual(firewall.diff(desired), []);
    const whole = sorted(listing());
    run(commands);
    assert.notDeepEqual(firewall.diff(desired), []);
    firewall.restore(desired);
    assert.deepEqual(firewall.diff(desired), []);
    const kept = name === "the table gone" ? whole.filter((line) => !line.includes("192.0.2.1")) : whole;
    assert.deepEqual(sorted(listing()), kept);
  });
}

/** Elements of a set are listed in no order. */
const sorted = (text: string) =>
  text
    .split(/\n|, |elements = /)
    .map((line) => line.trim().replace(/,$|^\{ | \}$/g, ""))
    .sort();

test("firewall.diff() tells what is missing, different and nobody's, with its owner", () => {
  firewall.restore([port(1), port(2)]);
  const told = firewall.diff([port(2, "10.77.1.9"), port(3)]);
  assert.deepEqual(
    told.map(({ problem, object, owner }) => ({ problem, object, owner })),
    [
      { problem: "missing", object: "firewall element publish_any4 6 . 3", owner: "network/lab" },
      { problem: "different", object: "firewall element publish_any4 6 . 2", owner: "network/lab" },
      { problem: "orphan", object: "firewall element publish_any4 6 . 1", owner: "network/lab" },
    ],
  );
});

test("firewall.diff() and restore() leave alone what else is in the table", () => {
  firewall.restore(desired);
  run("add chain inet fairlead mine\nadd rule inet fairlead operator jump mine");
  assert.deepEqual(firewall.diff(desired), []);
  run("flush chain inet fairlead forward");
  firewall.restore(desired);
  assert.match(listing("list chain inet fairlead operator"), /jump mine/);
});

test("firewall.change() replaces what is there and removes what is not", () => {
  firewall.restore([...net1, port(1), port(2)]);
  const absent = element("publish_range4", ["tcp", "0.0.0.0/0", "5-6"], ["10.77.1.2"]);
  firewall.change({ add: [port(2, "10.77.1.3"), port(3)], remove: [port(1, "10.77.1.99"), port(4), absent] });
  assert.deepEqual(firewall.diff([...net1, port(2, "10.77.1.3"), port(3)]), []);
  firewall.change({ add: [port(3, "10.77.1.2", "another reason"), ...net1], remove: [port(2, "10.77.1.3")] });
  assert.deepEqual(firewall.diff([...net1, port(3, "10.77.1.2", "another reason")]), []);
});

test("firewall.change() removes and adds a key in one go", () => {
  firewall.restore([port(1)]);
  firewall.change({ remove: [port(1)], add: [port(1, "10.77.1.7")] });
  assert.deepEqual(firewall.diff([port(1, "10.77.1.7")]), []);
});

test("firewall.change() works after somebody flushed the rule set", () => {
  firewall.restore(desired);
  run("flush ruleset");
  firewall.change({ add: [], remove: [port(8080)] });
  run("flush ruleset");
  firewall.change({ add: [port(8080)], remove: [port(1)] });
  assert.deepEqual(firewall.diff([port(8080)]), []);
});

test("firewall.change() is one transaction: a wrong element keeps the others out", () => {
  firewall.restore(net1);
  const wrong = element("publish_any4", ["tcp", "70000"], ["10.77.1.2", "80"]);
  assert.throws(
    () => firewall.change({ add: [port(1), wrong], remove: [element("bridges", ["net1"])] }),
    (error) => error instanceof KernelError && /Error: .*\n +1 add element inet fairlead bridges/.test(error.message),
  );
  assert.deepEqual(firewall.diff(net1), []);
});

test("firewall.restore() keeps established flows, through NAT both ways", async () => {
  const all = [...net1, port(8080)];
  firewall.restore(all);
  assert.equal(await outside.ask("tcp", "198.51.100.1", 8080, 1), "198.51.100.2");
  assert.equal(await web.ask("tcp", "198.51.100.2", 80, 2), "198.51.100.1");
  for (const [name, commands] of Object.entries(damages)) {
    run(commands);
    firewall.restore(all);
    assert.equal(await outside.echo(1, name), name);
    assert.equal(await web.echo(2, name), name);
  }
});

test("firewall obeys the operator's chain before everything else", async () => {
  firewall.restore([...net1, port(8080)]);
  assert.equal(await outside.ask("tcp", "198.51.100.1", 8080), "198.51.100.2");
  run("add rule inet fairlead operator ip saddr 198.51.100.2 ct state new reject with tcp reset");
  assert.equal(await outside.refused("tcp", "198.51.100.1", 8080), "ECONNREFUSED");
});

test("firewall drops loopback addresses that come over the wire or from a container", async () => {
  const loopback = element("publish_at4", ["tcp", "127.0.0.1", "8081"], ["10.77.1.2", "80"]);
  firewall.restore([...net1, loopback]);
  sysctl("net/ipv4/conf/net1/route_localnet", "1");
  for (const [name, attacker, gateway] of [
    ["outside", outside, "198.51.100.1"],
    ["web", web, "10.77.1.1"],
  ] as const) {
    // An attacker's own 127.0.0.1 is gone, and is routed to us instead.
    const inside = ["exec", name, "sh", "-ec"];
    const setting = "echo 1 >/proc/sys/net/ipv4/conf/eth0/route_localnet";
    const steps = `${setting}; ip addr flush dev lo; ip route add 127.0.0.1 via ${gateway} dev eth0`;
    execFileSync("ip", ["netns", ...inside, steps]);
    run(
      "add table inet probe\ndelete table inet probe\ntable inet probe { chain seen { type filter hook prerouting priority -350; iif != lo ip daddr 127.0.0.1 tcp dport 8081 counter; }; }",
    );
    assert.equal(await attacker.refused("tcp", "127.0.0.1", 8081), "silence", name);
    assert.match(listing("list table inet probe"), /counter packets [1-9]/); // it did arrive
  }
  using host = new Station("host");
  assert.equal(await host.ask("tcp", "127.0.0.1", 8081), "10.77.1.1");
});

test("firewall drops packets of a container with a source that is not behind its bridge", async () => {
  firewall.restore(net1);
  execFileSync("ip", ["-n", "web", "addr", "add", "203.0.113.5/32", "dev", "lo"]);
  execFileSync("ip", ["-n", "web", "route", "replace", "default", "via", "10.77.1.1", "src", "203.0.113.5"]);
  execFileSync("ip", ["-n", "outside", "route", "replace", "203.0.113.5", "via", "198.51.100.1"]);
  run("table inet probe { chain left { type filter hook postrouting priority 300; ip saddr 203.0.113.5 counter; }; }");
  assert.equal(await web.refused("tcp", "198.51.100.2", 80), "silence");
  assert.match(listing("list table inet probe"), /counter packets 0/);
  execFileSync("ip", ["-n", "web", "route", "replace", "default", "via", "10.77.1.1"]);
  assert.equal(await web.ask("tcp", "198.51.100.2", 80), "198.51.100.1");
});

test("firewall.conflicts() names chains that drop what is forwarded, and its remedy works", async () => {
  firewall.restore([...net1, port(8080)]);
  assert.deepEqual(firewall.conflicts(), []);
  run("table ip filter { chain FORWARD { type filter hook forward priority 0; policy drop; }; }");
  const [conflict, ...rest] = firewall.conflicts();
  assert.deepEqual([conflict?.chain, rest], ["ip filter FORWARD", []]);
  assert.equal(await outside.refused("tcp", "198.51.100.1", 8080), "silence");
  execFileSync("sh", ["-ec", conflict?.remedy ?? "false"]);
  assert.equal(await outside.ask("tcp", "198.51.100.1", 8080), "198.51.100.2");
});

test("firewall.remove() takes our tables and no other, twice if asked", () => {
  firewall.restore(desired);
  run("add table inet fairlead_reference\nadd table inet others");
  firewall.remove();
  firewall.remove();
  assert.equal(listing("list tables"), "table inet others\n");
});

test("firewall.redirectDns() sends port 53 of 127.0.0.11 to the resolver, and to its new ports at once", async () => {
  ip("netns add box");
  execFileSync("ip", ["-n", "box", "link", "set", "lo", "up"]);
  using box = new Station("box");
  await box.serve(53); // a DNS server of the container's own, on every address
  await box.serve(5001, "127.0.0.11");
  await box.serve(5002, "127.0.0.11");
  for (const number of [5001, 5001, 5002]) {
    firewall.redirectDns("box", { udp: number, tcp: number });
    assert.equal(await box.ask("udp", "127.0.0.11", 53), "127.0.0.1");
    assert.equal(await box.ask("tcp", "127.0.0.11", 53), "127.0.0.1");
  }
});

test("firewall has a hook or a jump for every chain, and a rule for every set", () => {
  const rules = Object.values(chains)
    .flatMap((chain) => chain.rules)
    .join("\n");
  for (const [name, { hook }] of Object.entries(chains)) assert.ok(hook || rules.includes(`jump ${name}`), name);
  for (const name of Object.keys(sets)) assert.match(rules, new RegExp(`@${name}\\b`));
});
