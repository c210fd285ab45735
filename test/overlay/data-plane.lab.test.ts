import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ip, Station } from "../../lab/topology.ts";
import { type Member, OverlayHost, overlayNetwork } from "./overlay-lab.ts";
import { addWire, Capture } from "./wire.ts";

/*
 * outside 192.0.2.1 --- wire --- h2: web .2, peer .3 on red, blue .2
 *                            --- h3: far .4 on red, bluefar .4
 */
const red = overlayNetwork(1);
const blue = overlayNetwork(2);
const stations = new Map<Member, Station>();
let h2: OverlayHost;
let h3: OverlayHost;
let web: Member;
let peer: Member;
let far: Member;
let blueNear: Member;
let blueFar: Member;
let outside: Station;

const at = (member: Member): Station => {
  const station =
    stations.get(member) ?? new Station(member.name, ["nsenter", `--net=${member.host.path(member.name)}`]);
  stations.set(member, station);
  return station;
};
const ping = (from: Member, to: string, ...options: string[]) =>
  from.host.exec(`ping -c 1 -W 5 ${options.join(" ")} ${to}`, from.name);
const silent = (from: Member, to: string) =>
  assert.match(from.host.exec(`ping -c 2 -i 0.2 -W 1 ${to} || true`, from.name), /100% packet loss/);
/** A packet of the underlay that says in a capture: what was before it has passed. */
const mark = () => h2.exec(`ping -c 1 -W 5 -s 123 ${h3.ipv4}`);
const marker = /ICMP echo request.*length 131/;
/** What h2 has on the wire while `body` runs: tunnel packets, with what is in them on a line of its own. */
async function onTheWire(body: () => void): Promise<string[]> {
  const capture = await new Capture("to-h2", "udp port 4789 or icmp").ready();
  try {
    body();
    mark();
    return await capture.until(marker);
  } finally {
    await capture.stop();
  }
}

before(async () => {
  addWire();
  h2 = new OverlayHost(2);
  h3 = new OverlayHost(3);
  for (const host of [h2, h3]) for (const network of [red, blue]) await host.join(network);
  web = await h2.start(red, "web", 2);
  peer = await h2.start(red, "peer", 3);
  far = await h3.start(red, "far", 4);
  blueNear = await h2.start(blue, "blue", 2);
  blueFar = await h3.start(blue, "bluefar", 4);
  h2.learn(far, blueFar);
  h3.learn(web, peer, blueNear);
  outside = new Station("host");
  await Promise.all([web, peer, far, blueFar].map((member) => at(member).serve(80)));
  await outside.serve(80);
});
after(async () => {
  for (const station of [...stations.values(), outside]) station[Symbol.dispose]();
  for (const host of [h2, h3]) await host[Symbol.asyncDispose]();
  ip("link delete wire");
});

for (const bridgeFilter of ["0", "1"]) {
  test(`OVL-101: containers of an overlay reach each other across hosts and on one, both families${bridgeFilter === "1" ? " (br_netfilter on)" : ""}`, async () => {
    for (const host of [h2, h3])
      host.exec(
        `sysctl -qw net.bridge.bridge-nf-call-iptables=${bridgeFilter} net.bridge.bridge-nf-call-ip6tables=${bridgeFilter}`,
      );
    for (const [from, to] of [
      [web, far],
      [far, web],
      [peer, far],
      [web, peer],
    ] as const)
      for (const family of ["ipv4", "ipv6"] as const) {
        ping(from, to[family]);
        for (const protocol of ["tcp", "udp"] as const)
          assert.equal(await at(from).ask(protocol, to[family], 80), from[family]);
      }
  });
}

test("OVL-102: a full-size packet with DF passes, one byte more is refused at once", () => {
  ping(web, far.ipv4, "-M do", `-s ${1450 - 28}`);
  ping(web, far.ipv6, "-M do", `-s ${1450 - 48}`);
  assert.throws(() => ping(web, far.ipv4, "-M do", `-s ${1450 - 27}`), /message too long/i);
});

test("OVL-103: ARP and neighbour solicitations never leave the host, whether the address is known, unknown or the gateway", async () => {
  const lines = await onTheWire(() => {
    h2.exec("ip neigh flush dev eth0; ip -6 neigh flush dev eth0", "web");
    for (const address of ["10.9.1.77", "fd09:1::77"]) silent(web, address);
    for (const address of ["10.9.1.1", "fd09:1::1", far.ipv4, far.ipv6]) ping(web, address);
    h2.exec(`ip neigh change ${far.ipv4} dev eth0 nud probe`, "web"); // asks by unicast
    ping(web, far.ipv4);
  });
  assert.ok(lines.some((line) => line.includes(`${web.ipv4} > ${far.ipv4}: ICMP echo request`)));
  assert.deepEqual(
    lines.filter((line) => /ARP|neighbor|10\.9\.1\.77|fd09:1::77/.test(line)),
    [],
  );
});

/** Counts packets of a UDP port that reach a sandbox's eth0, whoever they are for. */
function countArrivals(member: Member, port: number): () => number {
  const table = `count${port}`;
  member.host.exec(
    `nft 'table netdev ${table} { chain c { type filter hook ingress device eth0 priority 0; udp dport ${port} counter\n}\n}'`,
    member.name,
  );
  return () => {
    const rules = JSON.parse(member.host.exec(`nft -j list table netdev ${table}`, member.name)) as {
      nftables: { rule?: { expr: { counter?: { packets: number } }[] } }[];
    };
    const counters = rules.nftables.flatMap(({ rule }) => rule?.expr ?? []).flatMap(({ counter }) => counter ?? []);
    assert.equal(counters.length, 1);
    return counters[0]?.packets ?? Number.NaN;
  };
}
const send = (from: Member, to: string, port: number) =>
  from.host.exec(`echo x | socat -u - UDP-DATAGRAM:${to}:${port},broadcast`, from.name);

test("OVL-104: broadcast and multicast reach the containers of the host, and no other host", async () => {
  const [near, distant] = [countArrivals(peer, 7001), countArrivals(far, 7001)];
  const lines = await onTheWire(() => {
    send(web, "10.9.1.255", 7001);
    send(web, "224.0.0.251", 7001);
    send(web, "[ff02::fb%eth0]", 7001);
    ping(web, far.ipv4); // by the same way, and so after them
  });
  assert.equal(near(), 3);
  assert.equal(distant(), 0);
  assert.deepEqual(
    lines.filter((line) => line.includes("7001")),
    [],
  );
});

test("OVL-105: unicast to a MAC that nobody has reaches no other container and no other host", async () => {
  const [near, distant] = [countArrivals(peer, 7002), countArrivals(far, 7002)];
  h2.exec("ip neigh add 10.9.1.88 lladdr 02:00:00:00:00:88 dev eth0", "web");
  const lines = await onTheWire(() => {
    send(web, "10.9.1.88", 7002);
    ping(web, far.ipv4);
    ping(web, peer.ipv4);
  });
  assert.deepEqual([near(), distant(), lines.filter((line) => line.includes("7002"))], [0, 0, []]);
});

test("OVL-106: frames with a known MAC from a host that it is not on are not delivered", async () => {
  const h4 = new OverlayHost(4);
  try {
    await h4.join(red);
    const thief = await h4.start(red, "thief", 2, { mac: web.mac }); // address and MAC of web
    h4.learn(far);
    const arrived = countArrivals(far, 7003);
    const attack = () => h4.exec(`for i in 1 2 3; do echo x | socat -u - UDP-DATAGRAM:${far.ipv4}:7003; done`, "thief");
    attack();
    const honest = await h4.start(red, "honest", 9);
    const entry = () => h3.exec(`bridge fdb show dev fvx${red.id.slice(0, 12)} | grep ${honest.mac}`);
    silent(honest, far.ipv4); // heard, but the way back is not known yet
    assert.doesNotMatch(entry(), /permanent/); // learned from its frames
    h3.learn(honest);
    assert.match(entry(), /extern_learn permanent/);
    ping(honest, far.ipv4); // by the same way, and so after them
    assert.equal(arrived(), 0);
    assert.equal(h3.exec(`bridge fdb show dev fvx${red.id.slice(0, 12)} | grep ${web.mac}`).includes(h2.vtep), true);
    h3.learn(thief); // the control: where it is known to be, it is heard
    attack();
    ping(honest, far.ipv4);
    assert.equal(arrived(), 3);
  } finally {
    h3.learn(web);
    await h4[Symbol.asyncDispose]();
  }
});

test("OVL-107: overlays cannot reach each other, not even with forwarding that says they can", async () => {
  for (const address of [blueFar.ipv4, blueFar.ipv6, blueNear.ipv4])
    assert.doesNotMatch(await at(web).refused("tcp", address, 80), /^answered/);
  // An address of red at the MAC of a container of blue, behind its host: the frame arrives there with the VNI of red.
  const wrong = { ...blueFar, network: red, ipv4: "10.9.1.66", ipv6: "fd09:1::66" };
  h3.exec("ip addr add 10.9.1.66/32 dev eth0", "bluefar");
  const arrived = countArrivals(blueFar, 7004);
  h2.learn(wrong);
  const lines = await onTheWire(() => {
    send(web, "10.9.1.66", 7004);
    ping(web, far.ipv4);
  });
  assert.ok(lines.some((line) => line.includes("10.9.1.66.7004")));
  assert.equal(arrived(), 0);
});

test("OVL-108: each host's gateway address answers its own containers, and no other host's", async () => {
  for (const member of [web, far]) for (const address of ["10.9.1.1", "fd09:1::1"]) ping(member, address);
  const gateway = `br-${red.id.slice(0, 12)}`;
  h3.exec(`ip addr del 10.9.1.1/24 dev ${gateway}; ip -n h3 neigh show >/dev/null`);
  try {
    const lines = await onTheWire(() => silent(far, "10.9.1.1"));
    assert.deepEqual(
      lines.filter((line) => line.includes("10.9.1.1")),
      [],
    );
  } finally {
    h3.run<void>(() => h3.kernel.repair(h3.objects(red)));
  }
  ping(far, "10.9.1.1");
});

test("OVL-109: containers leave with the host's address, and a published port leads to them from outside and from another host's containers", async () => {
  h2.publish(web, [
    { protocol: "tcp", hostIp: "0.0.0.0", hostPort: 8080, containerPort: 80 },
    { protocol: "tcp", hostIp: "::", hostPort: 8080, containerPort: 80 },
  ]);
  assert.equal(await outside.ask("tcp", h2.ipv4, 8080), "192.0.2.1");
  assert.equal(await outside.ask("tcp", h2.ipv6, 8080), "2001:db8::1");
  assert.equal(await at(far).ask("tcp", h2.ipv4, 8080), h3.ipv4);
  assert.equal(await at(far).ask("tcp", "192.0.2.1", 80), h3.ipv4);
  assert.equal(await at(far).ask("tcp", "2001:db8::1", 80), h3.ipv6);
});
