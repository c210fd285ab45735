import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { privateNamespaces, Station } from "../../lab/topology.ts";
import { Namespaces } from "../../src/kernel/netns/namespaces.ts";
import { capture, isClear, marker } from "./capture.ts";
import { cable, device, overlayMtu, TunnelHost, vni, vxlanPort } from "./tunnel-host.ts";

/*
 * container 10.0.9.1 -- host1 ======== cable ======== host2 -- container 10.0.9.2
 */
privateNamespaces();
cable("host1", "host2");
const outer = new Namespaces("/run/netns");
const host1 = new TunnelHost(outer, "host1", 1);
const host2 = new TunnelHost(outer, "host2", 2);
const hosts = [host1, host2];
const inside = hosts.map((host) => new Station(`container of ${host.name}`, host.entrance));

before(() => {
  host1.join(host2);
  host2.join(host1);
});
after(() => {
  for (const station of inside) station[Symbol.dispose]();
});

/** Pings host2's container from host1's: whether it was answered, and what the cable carried meanwhile. */
async function attempt(): Promise<{ answered: boolean; onTheCable: "nothing" | "cipher" | "clear" }> {
  let answered = false;
  const size = 600; // hosts say things to each other, all of them shorter
  const frames = await capture("host2", "eth0", () => {
    answered = host1.pings(host2, size, marker);
  });
  if (isClear(frames)) return { answered, onTheCable: "clear" };
  return { answered, onTheCable: frames.some(({ length }) => length > size) ? "cipher" : "nothing" };
}

/** Brings host1 back to what it was described as. */
function repair(): void {
  host1.in(() => host1.kernel.repair([...host1.tunnel, ...host1.overlay]));
  host1.tunnels.setPeers(device, [host2.peer]);
  host1.in(() => host1.kernel.forwarding.put("vx", [host2.container]));
}

/** A VXLAN device as one who knows nothing of tunnels would make it: not bound to the tunnel. */
function unboundVxlan(): void {
  host1.ip("link", "add", "vx", "type", "vxlan", ...`id ${vni} dstport ${vxlanPort} local ${host1.address}`.split(" "));
  host1.ip(..."link set vx master br up".split(" "));
  host1.in(() => host1.kernel.forwarding.put("vx", [host2.container]));
}

test("a tunnel and an overlay on it are as they were described", () => {
  for (const host of hosts)
    assert.deepEqual(
      host.in(() => host.kernel.diff([...host.tunnel, ...host.overlay])),
      [],
    );
});

test("ENC-2 packets of full size pass without being cut, and none that is longer", () => {
  assert.deepEqual(
    [host1.pings(host2, overlayMtu), host2.pings(host1, overlayMtu), host1.pings(host2, overlayMtu + 1)],
    [true, true, false],
  );
});

test("ENC-1 the cable carries what containers say, and not in the clear", async () => {
  assert.deepEqual(await attempt(), { answered: true, onTheCable: "cipher" });
});

test("ENC-3 when the tunnel's device is deleted nothing leaves, and repair brings all back", async () => {
  host1.ip("link", "delete", device);
  assert.deepEqual(await attempt(), { answered: false, onTheCable: "nothing" });
  repair();
  assert.deepEqual(await attempt(), { answered: true, onTheCable: "cipher" });
});

test("ENC-4 when the tunnel's device is down nothing leaves, and repair brings all back", async () => {
  host1.ip("link", "set", device, "down");
  assert.deepEqual(await attempt(), { answered: false, onTheCable: "nothing" });
  repair();
  assert.deepEqual(await attempt(), { answered: true, onTheCable: "cipher" });
});

test("ENC-5 without tunnel, with VXLAN that is bound to nothing and a default route, first the blackhole and then the firewall keeps packets in", async () => {
  host1.ip("link", "delete", device);
  host1.ip("-6", "route", "add", "default", "via", "2001:db8::2");
  unboundVxlan();
  const dropped = () => Number(host1.ip("-s", "-j", "link", "show", "vx").match(/"carrier_errors":(\d+)/)?.[1]);
  const before = dropped();
  const byRoute = await attempt();
  assert.ok(dropped() > before, "the blackhole is what stopped it");

  host1.ip("-6", "route", "delete", "blackhole", host1.description.prefix);
  const byFirewall = await attempt();

  host1.nft("delete", "table", "inet", "fairlead");
  const byNothing = await attempt();

  host1.guard();
  host1.ip("-6", "route", "delete", "default");
  host1.ip("link", "delete", "vx");
  repair();
  assert.deepEqual(
    { byRoute, byFirewall, byNothing, repaired: await attempt() },
    {
      byRoute: { answered: false, onTheCable: "nothing" },
      byFirewall: { answered: false, onTheCable: "nothing" },
      byNothing: { answered: false, onTheCable: "clear" }, // so a packet in the clear is seen when there is one
      repaired: { answered: true, onTheCable: "cipher" },
    },
  );
});

test("ENC-6 a packet in the clear is not taken for one of the overlay, though it has its number", async () => {
  // From host1, to host2's address on the cable. With a MAC that nobody has: that of another container from here would be
  // dropped by the VXLAN device, which knows where it is.
  const script = `ip link add spoof address 02:00:00:00:20:77 type vxlan id $0 dstport $1 local 2001:db8::1 remote 2001:db8::2
    ip link set spoof up
    ip addr add 10.0.9.77/24 dev spoof
    ip neigh replace 10.0.9.2 lladdr $2 dev spoof
    ping -c1 -W1 -p $3 10.0.9.2
    ip link delete spoof`;
  const arrives = async () => {
    const packets = await capture("host2", "v1", () =>
      host1.exec(script, `${vni}`, `${vxlanPort}`, host2.container.mac, marker),
    );
    return isClear(packets);
  };
  host1.ip("link", "delete", "vx"); // a namespace has one device of a number
  host1.nft("delete", "table", "inet", "fairlead");
  const guarded = await arrives();
  host2.nft("delete", "table", "inet", "fairlead");
  const unguarded = await arrives();
  for (const host of hosts) host.guard();
  repair();
  assert.deepEqual({ guarded, unguarded }, { guarded: false, unguarded: true });
});

test("ENC-7 a TCP connection goes on while a host takes a new key", async () => {
  const [client, server] = inside as [Station, Station];
  await server.serve(7000);
  await client.ask("tcp", "10.0.9.2", 7000, 1);
  let rotated = false;
  const flow = (async () => {
    for (let count = 1, beyond = 0; beyond < 5; count++) {
      await client.echo(1, `line ${count}`);
      if (rotated) beyond++;
    }
  })();
  const old = host1.tunnels.publicKey();
  const sent = () => host1.tunnels.read(device)?.peers[0]?.txBytes;
  const rotation = host1.tunnels.rotate();
  host1.in(() => host1.kernel.repair(host1.tunnel));
  // Once both have begun at one time WireGuard is silent for 5 s: host2 begins after host1 has, in vain.
  for (const before = sent(); sent() === before; ) await new Promise((resolve) => setTimeout(resolve, 5));
  host2.tunnels.setPeers(device, [host1.peer]); // as host2 does when the store tells it
  rotation.commit();
  rotated = true;
  await flow;
  const state = host2.tunnels.read(device);
  assert.notEqual(rotation.publicKey, old);
  assert.deepEqual(
    [state?.peers.map(({ publicKey }) => publicKey), host1.tunnels.read(device)?.publicKey],
    [[rotation.publicKey], rotation.publicKey],
  );
  assert.deepEqual(await attempt(), { answered: true, onTheCable: "cipher" });
});

test("ENC-7 a new key is in use without a packet from anyone, and none leaves in the clear meanwhile", async () => {
  const packets = await capture("host2", "eth0", async () => {
    host1.tunnels.rotate().commit();
    host1.in(() => host1.kernel.repair(host1.tunnel));
    assert.equal(host1.pings(host2, 600, marker), false); // host2 knows nothing yet
    host2.tunnels.setPeers(device, [host1.peer]);
    for (let tries = 0; tries < 100 && host2.tunnels.read(device)?.peers[0]?.lastHandshake === undefined; tries++)
      await new Promise((resolve) => setTimeout(resolve, 20)); // WireGuard tells nobody of a handshake
  });
  assert.notEqual(host2.tunnels.read(device)?.peers[0]?.lastHandshake, undefined);
  assert.equal(isClear(packets), false);
});

test("rotate() taken back leaves the old key in place, and the session with it", () => {
  const old = host1.tunnels.publicKey();
  host1.tunnels.rotate().revert();
  assert.equal(host1.tunnels.publicKey(), old);
  assert.deepEqual(
    host1.in(() => host1.kernel.diff(host1.tunnel)),
    [],
  );
});
