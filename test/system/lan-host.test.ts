import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { callApi, clear } from "../../lab/api.ts";
import { LanPlace } from "./lan/place.ts";

const place = await LanPlace.create();
after(() => place[Symbol.asyncDispose]());
const { host, lab } = place;
afterEach(() => clear(host));

const own = { ipv4: "192.0.2.2", ipv6: "2001:db8:f1ea::2" };
const shimOf = (id: string) => `flh${id.slice(0, 12)}`;

/** The host's aux addresses of a network, in the order of its pools. */
async function auxOf(network: string): Promise<(string | undefined)[]> {
  interface Seen {
    readonly IPAM: {
      readonly Config: readonly { readonly AuxiliaryAddresses?: { readonly host?: string; readonly host6?: string } }[];
    };
  }
  const { body } = await callApi<Seen>(host, "GET", `/networks/${network}`);
  return body.IPAM.Config.map(({ AuxiliaryAddresses }) => AuxiliaryAddresses?.host ?? AuxiliaryAddresses?.host6);
}

/** Starts to write down what the foreign machine hears; the result has every source MAC of ARP and ND. */
async function listen(): Promise<() => Promise<string>> {
  const child = lab.outside.spawn(["tcpdump", "-l", "-nn", "-e", "-i", "wire", "arp or icmp6"]);
  let heard = "";
  child.stdout?.on("data", (bytes) => {
    heard += String(bytes);
  });
  await new Promise<void>((resolve) =>
    child.stderr?.on("data", (bytes) => /listening/.test(String(bytes)) && resolve()),
  );
  return async () => {
    child.kill("SIGINT");
    await new Promise((resolve) => child.once("exit", resolve));
    return heard;
  };
}

test("LAN-13: without host access the host does not reach the containers, nor they the host", async () => {
  await place.lan("macvlan", "lan", "-o", "parent=uplink0");
  await place.run("web", "--network", "lan");
  assert.equal(await place.reaches("", (await place.addressOf("web", "lan")).ipv4, "1"), false);
  assert.equal(await place.reaches("web", own.ipv4, "1"), false);
});

test("LAN-13, LAN-14: with host access both reach each other, and the LAN never hears of the shim", async () => {
  const id = await place.lan("macvlan", "lan", "-o", "parent=uplink0", "-o", "host_access=true");
  const [none, aux = ""] = await auxOf("lan");
  assert.equal(none, undefined);
  const heard = await listen();
  await place.run("web", "--network", "lan");
  await place.run("db", "--network", "lan");
  const web = await place.addressOf("web", "lan");
  for (const address of [web.ipv4, web.ipv6]) assert.ok(await place.reaches("", address), address);
  for (const address of [own.ipv4, aux]) assert.ok(await place.reaches("db", address), address);
  for (const address of [own.ipv4, own.ipv6, web.ipv4, web.ipv6]) assert.ok(await place.isReached(address), address);
  const [shim] = await host.json<{ address: string }[]>("ip", "-j", "link", "show", shimOf(id));
  const lines = (await heard()).split("\n");
  assert.ok(lines.some((line) => line.includes(web.mac)));
  assert.deepEqual(
    lines.filter((line) => line.includes(`${shim?.address}`) && !line.includes(aux)),
    [],
    "whoever heard the shim's MAC with an address of the host would send there",
  );
  const known = await lab.outside.run("ip", "neigh");
  assert.doesNotMatch(known, new RegExp(`${shim?.address}`));
});

test("LAN-14: strict reverse path filtering is no obstacle", async () => {
  await place.lan("macvlan", "lan", "-o", "parent=uplink0", "-o", "host_access=true");
  await host.run("sh", "-c", "echo 1 >/proc/sys/net/ipv4/conf/all/rp_filter");
  await place.run("web", "--network", "lan");
  assert.ok(await place.reaches("", (await place.addressOf("web", "lan")).ipv4));
  assert.ok(await place.reaches("web", own.ipv4));
  await host.run("sh", "-c", "echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter");
});

test("LAN-15: an aux address called host is the host's own, in each family; no container gets it", async () => {
  const aux = { ipv4: "192.0.2.200", ipv6: "2001:db8:f1ea::1:200" };
  const options = ["--aux-address", `host=${aux.ipv4}`, "--aux-address", `host6=${aux.ipv6}`];
  await place.lan("macvlan", "lan", "-o", "parent=uplink0", "-o", "host_access=true", ...options);
  assert.deepEqual(await auxOf("lan"), [aux.ipv4, aux.ipv6]);
  await place.run("web", "--network", "lan");
  for (const address of Object.values(aux)) assert.ok(await place.reaches("web", address), address);
  assert.ok(await place.reaches("", (await place.addressOf("web", "lan")).ipv4));
  assert.match(
    await place.refused("create", "--rootfs", "host", "--network", "lan", "--ip", aux.ipv4, "true"),
    /Address already in use: 192.0.2.200/,
  );
});

test("LAN-16: the shim, its routes and neighbours come and go with network and containers, and come back when deleted", async () => {
  const before = await host.snapshot();
  const id = await place.lan("macvlan", "lan", "-o", "parent=uplink0", "-o", "host_access=true");
  await place.run("web", "--network", "lan");
  const { ipv4 } = await place.addressOf("web", "lan");
  const seen = place.daemon.log.length;
  await host.run("ip", "link", "del", shimOf(id));
  await place.daemon.logged(new RegExp(`"missing".*route to ${ipv4}/32 on ${shimOf(id)}`), seen);
  assert.ok(await repaired(ipv4));
  await host.run("ip", "route", "del", `${ipv4}/32`, "dev", shimOf(id));
  assert.ok(await repaired(ipv4));
  await host.fairlead("stop", "-t", "0", "web");
  assert.equal((await host.run("ip", "route", "show", "dev", shimOf(id))).trim(), "");
  await host.run("ip", "route", "add", "192.0.2.77/32", "dev", shimOf(id), "proto", "static");
  assert.match(await host.fairlead("repair"), /route to 192.0.2.77\/32/);
  assert.equal((await host.run("ip", "route", "show", "dev", shimOf(id))).trim(), "");
  await host.fairlead("rm", "web");
  await host.fairlead("network", "rm", "lan");
  assert.deepEqual(await host.snapshot(), before);
});

async function repaired(address: string): Promise<boolean> {
  await place.settled(place.daemon);
  return place.reaches("", address);
}

test("LAN-17: an internal network on a parent of its own is open to the host where that is asked for", async () => {
  await place.create(
    "macvlan",
    "apart",
    "--internal",
    "-o",
    "host_access=true",
    "--subnet",
    "10.44.0.0/24",
    "--aux-address",
    "host=10.44.0.200",
  );
  await place.run("web", "--network", "apart");
  assert.ok(await place.reaches("", (await place.addressOf("web", "apart")).ipv4));
  assert.ok(await place.reaches("web", "10.44.0.200"));
  assert.equal(await place.reaches("web", lab.outsideIpv4, "1"), false);
});
