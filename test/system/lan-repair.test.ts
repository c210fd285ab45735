import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear } from "../../lab/api.ts";
import { LanPlace } from "./lan/place.ts";

const place = await LanPlace.create();
after(() => place[Symbol.asyncDispose]());
const { host, lab } = place;
let { daemon } = place;
afterEach(() => clear(host));

const ends = `peer name port0 netns ${lab.outside.pid}`;

/** A second link to the LAN, which may go. */
async function addParent(): Promise<void> {
  await host.inNetwork(
    "ip",
    "link",
    "add",
    "extra0",
    "address",
    "02:00:00:00:00:20",
    "type",
    "veth",
    ...ends.split(" "),
  );
  await lab.outside.run("ip", "link", "set", "port0", "master", "wire", "up");
  await host.run("ip", "link", "set", "extra0", "up");
}
const cutParent = () => host.run("ip", "link", "del", "extra0");

const settled = () => place.settled(daemon);

test("LAN-18: a parent that goes takes the containers' links, and they are back when it is", async () => {
  await addParent();
  await place.lan("macvlan", "lan", "-o", "parent=extra0", "-o", "host_access=true");
  await place.run("web", "--network", "lan");
  const before = await place.addressOf("web", "lan");
  assert.ok(await place.isReached(before.ipv4));
  const seen = daemon.log.length;
  await cutParent();
  await daemon.logged(/this host has no link \\"extra0\\".*cannot repair what was changed/, seen);
  assert.match(await place.agreement(), /macvlan eth0 on extra0.*its parent "extra0" is not there/);
  assert.match(
    await place.refused("run", "--rootfs", "host", "--network", "lan", "true"),
    /create macvlan "eth0" on "extra0": ENODEV \(this host has no link "extra0"\)/,
  );
  await host.fairlead("rename", "web", "shop");
  await host.fairlead("rename", "shop", "web");
  await addParent();
  await settled();
  for (const address of [before.ipv4, before.ipv6]) assert.ok(await place.isReached(address), address);
  assert.ok(await place.reaches("", before.ipv4));
  assert.deepEqual(await place.addressOf("web", "lan"), before);
  await host.run("ip", "link", "set", "extra0", "down");
  await place.run("late", "--network", "lan");
  await host.run("ip", "link", "set", "extra0", "up");
  for (const name of ["web", "late"]) assert.ok(await place.isReached((await place.addressOf(name, "lan")).ipv4), name);
  await clear(host);
  await cutParent();
});

test("LAN-18: network and container can be removed while the parent is away", async () => {
  await addParent();
  const before = await host.snapshot();
  await place.lan("macvlan", "lan", "-o", "parent=extra0", "-o", "host_access=true");
  await place.run("web", "--network", "lan");
  await cutParent();
  await host.fairlead("rm", "-f", "web");
  await host.fairlead("network", "rm", "lan");
  await addParent();
  assert.match(await place.agreement(), /agree/);
  assert.deepEqual(await host.snapshot(), before);
  await cutParent();
});

test("LAN-19: a daemon that is killed and started again touches nothing", async () => {
  await place.lan("macvlan", "lan", "-o", "parent=uplink0", "-o", "host_access=true");
  await place.create("macvlan", "apart", "--internal", "--subnet", "10.44.0.0/24");
  await place.run("web", "--network", "lan");
  await host.fairlead("network", "connect", "apart", "web");
  const { ipv4, ipv6 } = await place.addressOf("web", "lan");
  const insideOf = async () => {
    const text = await place.inside("web", "sh", "-c", "ip -d addr; ip route; ip -6 route");
    return text.replace(/ state \w+/g, ""); // follows the carrier
  };
  const before = [await insideOf(), await host.snapshot()];
  await host.killDaemon();
  for (const address of [ipv4, ipv6]) assert.ok(await place.isReached(address), address);
  daemon = await host.startDaemon();
  assert.deepEqual([await insideOf(), await host.snapshot()], before);
  assert.ok(daemon.log.some((line) => /"msg":"restored"/.test(line) && /"repaired":0/.test(line)));
  assert.ok(await place.reaches("", ipv4));
});

test("LAN-20: a parent that is gone at the start is logged and costs other networks nothing", async () => {
  await addParent();
  await place.lan("macvlan", "lan", "-o", "parent=extra0");
  await place.create("bridge", "inner");
  await place.run("web", "--network", "lan");
  await place.run("other", "--network", "inner");
  const id = (await host.fairlead("network", "inspect", "-f", "{{.Id}}", "inner")).slice(0, 12);
  await host.killDaemon();
  await cutParent();
  await host.run("ip", "link", "del", `br-${id}`);
  daemon = await host.startDaemon();
  assert.ok(daemon.log.some((line) => /this host has no link \\"extra0\\".*cannot repair everything/.test(line)));
  assert.ok(await place.reaches("", (await place.addressOf("other", "inner")).ipv4));
  await addParent();
  await settled();
  assert.ok(await place.isReached((await place.addressOf("web", "lan")).ipv4));
  await clear(host);
  await cutParent();
});

test("LAN-21: a daemon that is killed while containers connect and disconnect leaves nothing that is not found", async () => {
  await place.lan("macvlan", "lan", "-o", "parent=uplink0", "-o", "host_access=true");
  await place.create("bridge", "inner");
  await place.run("web", "--network", "inner");
  for (let round = 0; round < 8; round++) {
    const change = host.cli("network", round % 2 ? "disconnect" : "connect", "lan", "web");
    // A little later in each round: from before the request is read to after its answer.
    await new Promise((resolve) => setTimeout(resolve, 250 + round * 12));
    await daemon.kill();
    await change;
    daemon = await host.startDaemon();
    assert.match(await place.agreement(), /agree/);
    const listed = await place.inside("web", "sh", "-c", "ip -o link | grep -c macvlan || true");
    assert.match(listed, /^[01]\n*$/);
    const { ipv4 } = await place.addressOf("web", "lan");
    assert.equal(await place.reaches("web", lab.outsideIpv4), true);
    if (ipv4) assert.ok(await place.isReached(ipv4));
  }
});
