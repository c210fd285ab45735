import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear } from "../../lab/api.ts";
import { lacksLinkKind } from "../../lab/link-kinds.ts";
import { LanPlace } from "./lan/place.ts";

// What kernels may lack: 802.1q sub-interfaces and ipvlan.
const lacks = { vlan: lacksLinkKind("vlan"), ipvlan: lacksLinkKind("ipvlan") };

const place = await LanPlace.create();
after(() => place[Symbol.asyncDispose]());
const { host, lab } = place;
let { daemon } = place;
afterEach(() => clear(host));

const own = "192.0.2.2";
const router = { ipv4: lab.outsideIpv4, ipv6: lab.outsideIpv6 };
function needs(kind: keyof typeof lacks, title: string, body: () => Promise<void>): void {
  void test(title, { skip: lacks[kind] }, body);
}

const linkNames = async () => (await host.json<{ ifname: string }[]>("ip", "-j", "link")).map(({ ifname }) => ifname);
const macOf = async (link: string) =>
  (await host.json<{ address: string }[]>("ip", "-j", "link", "show", link))[0]?.address ?? "";

/** VLAN 50 of the LAN, with the foreign machine on it. */
async function addVlan(): Promise<void> {
  await lab.outside.run("ip", "link", "add", "wire.50", "link", "wire", "type", "vlan", "id", "50");
  await lab.outside.run("ip", "address", "add", "10.50.0.1/24", "dev", "wire.50");
  await lab.outside.run("ip", "link", "set", "wire.50", "up");
}
const removeVlan = () => lab.outside.run("ip", "link", "del", "wire.50");

needs(
  "vlan",
  "LAN-22: a parent eth0.50 is made where it is not there, shared, and removed with the last network on it",
  async () => {
    await addVlan();
    const before = await host.snapshot();
    const onVlan = ["-o", "parent=uplink0.50"];
    const access = ["-o", "host_access=true", "--aux-address", "host=10.50.0.200"];
    await place.create("macvlan", "office", ...onVlan, "--subnet", "10.50.0.0/24", ...access);
    await place.run("web", "--network", "office");
    const { ipv4 } = await place.addressOf("web", "office");
    assert.ok(await place.reaches("web", "10.50.0.1"));
    assert.ok(await place.isReached(ipv4));
    const [link] = await host.json<{ linkinfo: { info_data: { id: number } } }[]>(
      "ip",
      "-j",
      "-d",
      "link",
      "show",
      "uplink0.50",
    );
    assert.equal(link?.linkinfo.info_data.id, 50);
    await place.create("macvlan", "second", ...onVlan, "--subnet", "10.51.0.0/24");
    const seen = daemon.log.length;
    await host.run("ip", "link", "del", "uplink0.50");
    await daemon.logged(/"missing".*vlan uplink0.50 on uplink0/, seen);
    await place.settled(daemon);
    assert.ok(await place.isReached(ipv4));
    assert.ok(await place.reaches("", ipv4));
    await host.fairlead("rm", "-f", "web");
    await host.fairlead("network", "rm", "office");
    assert.ok((await linkNames()).includes("uplink0.50"));
    await host.fairlead("network", "rm", "second");
    assert.deepEqual(await host.snapshot(), before);
    await removeVlan();
  },
);

needs("vlan", "LAN-22: a sub-interface that was there is nobody's to remove", async () => {
  await host.run("ip", "link", "add", "uplink0.60", "link", "uplink0", "type", "vlan", "id", "60");
  await host.run("ip", "link", "set", "uplink0.60", "up");
  await place.create("macvlan", "office", "-o", "parent=uplink0.60");
  await host.fairlead("network", "rm", "office");
  assert.ok((await linkNames()).includes("uplink0.60"));
  await host.run("ip", "link", "del", "uplink0.60");
});

needs("vlan", "LAN-22: a daemon that is killed and started again leaves the sub-interface as it is", async () => {
  await place.create("macvlan", "office", "-o", "parent=uplink0.50");
  const before = await host.json("ip", "-j", "link", "show", "uplink0.50");
  await host.killDaemon();
  daemon = await host.startDaemon();
  assert.deepEqual(await host.json("ip", "-j", "link", "show", "uplink0.50"), before);
  await host.fairlead("network", "rm", "office");
  assert.ok(!(await linkNames()).includes("uplink0.50"));
});

needs(
  "ipvlan",
  "LAN-23: ipvlan l2: machines of the LAN under the parent's MAC, with names; connect and disconnect are live",
  async () => {
    await place.lan("ipvlan", "lan", "-o", "parent=uplink0");
    for (const name of ["web", "db"]) await place.run(name, "--network", "lan");
    const { ipv4, ipv6, mac } = await place.addressOf("web", "lan");
    assert.equal(mac, "");
    for (const address of [router.ipv4, router.ipv6, "db"]) assert.ok(await place.reaches("web", address), address);
    for (const address of [ipv4, ipv6]) assert.ok(await place.isReached(address), address);
    const learned = await lab.outside.run("ip", "neigh");
    assert.match(learned, new RegExp(`^${ipv4} .* lladdr ${await macOf("uplink0")} `, "m"));
    assert.match(
      await place.refused(
        "create",
        "--rootfs",
        "host",
        "--network",
        "lan",
        "--mac-address",
        "02:00:00:00:00:09",
        "true",
      ),
      /an endpoint of ipvlan network lan has its parent's MAC/,
    );
    await host.fairlead("restart", "-t", "0", "web");
    assert.ok(await place.isReached(ipv4));
    await place.create("bridge", "inner");
    await place.run("store", "--network", "inner");
    await host.fairlead("network", "connect", "lan", "store");
    assert.ok(await place.isReached((await place.addressOf("store", "lan")).ipv4));
    await host.fairlead("network", "disconnect", "lan", "store");
    assert.match(await place.agreement(), /agree/);
  },
);

for (const mode of ["l3", "l3s"]) {
  needs(
    "ipvlan",
    `LAN-24: ipvlan ${mode}: the default route is the link, the LAN finds the subnet by way of the host`,
    async () => {
      const pools = ["--subnet", "10.60.0.0/24", "--ipv6", "--subnet", "fd60::/64"];
      await place.create("ipvlan", "routed", ...pools, "-o", `ipvlan_mode=${mode}`);
      await place.run("web", "--network", "routed");
      const { ipv4, ipv6 } = await place.addressOf("web", "routed");
      const routes = await place.inside("web", "sh", "-c", "ip route show default; ip -6 route show default");
      assert.match(routes, /^default dev eth0 [^\n]*\ndefault dev eth0 [^\n]*$/);
      await lab.outside.run("ip", "route", "add", "10.60.0.0/24", "via", own);
      await lab.outside.run("ip", "route", "add", "fd60::/64", "via", "2001:db8:f1ea::2");
      for (const address of [router.ipv4, router.ipv6]) assert.ok(await place.reaches("web", address), address);
      for (const address of [ipv4, ipv6]) assert.ok(await place.isReached(address), address);
      for (const subnet of ["10.60.0.0/24", "fd60::/64"]) await lab.outside.run("ip", "route", "del", subnet);
      assert.match(await place.agreement(), /agree/);
    },
  );
}

for (const mode of ["l2", "l3"]) {
  needs("ipvlan", `LAN-25: ipvlan ${mode} with host access: the host and the containers reach each other`, async () => {
    const seen = await lab.outside.run("ip", "neigh", "show", own);
    await place.lan("ipvlan", "lan", "-o", "host_access=true", "-o", `ipvlan_mode=${mode}`);
    await place.run("web", "--network", "lan");
    const { ipv4, ipv6 } = await place.addressOf("web", "lan");
    for (const address of [ipv4, ipv6]) assert.ok(await place.reaches("", address), address);
    const { body } = await place.get<{ IPAM: { Config: { AuxiliaryAddresses: { host: string } }[] } }>("/networks/lan");
    const aux = body.IPAM.Config.map(({ AuxiliaryAddresses }) => AuxiliaryAddresses.host);
    assert.equal(aux.length, 2);
    for (const address of aux) assert.ok(await place.reaches("web", address), address);
    for (const address of [own, ipv4]) assert.ok(await place.isReached(address), address);
    assert.equal((await lab.outside.run("ip", "neigh", "show", own)).split(" ")[4], seen.split(" ")[4]);
    assert.match(await place.agreement(), /agree/);
  });
}

needs(
  "ipvlan",
  "LAN-26: networks of ipvlan share a parent if they agree on its mode; without host access none reaches the host",
  async () => {
    await place.lan("ipvlan", "lan", "-o", "parent=uplink0");
    const other = ["network", "create", "--subnet", "10.45.0.0/24", "-o", "parent=uplink0"];
    assert.match(
      await place.refused(...other, "-d", "ipvlan", "-o", "ipvlan_mode=l3", "other"),
      /carries network lan \(ipvlan\), and all on one parent share its ipvlan_mode=l2 and ipvlan_flag=bridge/,
    );
    assert.match(await place.refused(...other, "-d", "macvlan", "other"), /one link cannot carry macvlan and ipvlan/);
    await host.fairlead(...other, "-d", "ipvlan", "other");
    await host.fairlead("network", "rm", "other");
    await place.run("web", "--network", "lan");
    assert.equal(await place.reaches("web", own, "1"), false);
  },
);

needs("ipvlan", "LAN-18: a parent that goes takes ipvlan links too, and they are back when it is", async () => {
  const link = ["extra0", "address", "02:00:00:00:00:20", "type", "veth", "peer", "name", "port0"];
  const addParent = async () => {
    await host.inNetwork("ip", "link", "add", ...link, "netns", String(lab.outside.pid));
    await lab.outside.run("ip", "link", "set", "port0", "master", "wire", "up");
    await host.run("ip", "link", "set", "extra0", "up");
  };
  await addParent();
  await place.lan("ipvlan", "lan", "-o", "parent=extra0", "-o", "host_access=true");
  await place.run("web", "--network", "lan");
  const { ipv4 } = await place.addressOf("web", "lan");
  const seen = daemon.log.length;
  await host.run("ip", "link", "del", "extra0");
  await daemon.logged(/this host has no link \\"extra0\\"/, seen);
  await addParent();
  await place.settled(daemon);
  assert.ok(await place.isReached(ipv4));
  assert.ok(await place.reaches("", ipv4));
  await clear(host);
  await host.run("ip", "link", "del", "extra0");
});
