import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ClusterHost } from "../../../lab/cluster/cluster-host.ts";
import { ClusterLab } from "../../../lab/cluster/cluster-lab.ts";
import { addressOf, answers, eventually, everywhere, inspect, ping, stay } from "./hosts.ts";

/** Of the hosts' wire. VXLAN over IPv6 takes 70 bytes: 40 + 8 + 8 + 14 (RFC 7348, section 5). */
const mtu = 1500 - 70;

let lab: ClusterLab;
let one: ClusterHost;
let two: ClusterHost;
before(async () => {
  lab = await ClusterLab.create({ hosts: 2, store: "etcd", daemons: false });
  [one, two] = [lab.host(1), lab.host(2)];
  await Promise.all([one, two].map((host) => host.startDaemon(["--advertise", host.ipv6])));
  await one.fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.9.0/24", "--ipv6", "red");
  await everywhere(lab, "red");
  await stay(one, "web", "--network", "red");
  await stay(two, "db", "--network", "red");
  await eventually(
    "web from host2",
    () => addressOf(two, "db", "web"),
    (address) => address !== "",
  );
  await eventually(
    "db from host1",
    () => addressOf(one, "web", "db"),
    (address) => address !== "",
  );
});
after(() => lab[Symbol.asyncDispose]());

test("OVL-15: hosts that advertise IPv6 addresses carry both families by name, at full size and no more", async () => {
  for (const [host, from, to] of [
    [one, "web", "db"],
    [two, "db", "web"],
  ] as const) {
    await ping(host, from, to, "-4", "-M", "do", "-s", `${mtu - 28}`); // IPv4 and ICMP
    await ping(host, from, to, "-6", "-M", "do", "-s", `${mtu - 48}`); // IPv6 and ICMPv6
    const tooLarge = await host.cli("exec", from, "ping", "-4", "-c1", "-W1", "-M", "do", "-s", `${mtu - 27}`, to);
    assert.match(tooLarge.stdout + tooLarge.stderr, new RegExp(`mtu[ =:]+${mtu}`));
  }
});

test("OVL-15: the tunnel leads from an IPv6 address to an IPv6 address, and hosts are shown by theirs", async () => {
  const { Id } = await inspect<{ Id: string }>(one, "red");
  const device = `fvx${Id.slice(0, 12)}`;
  const [tunnel] = await one.json<{ linkinfo: { info_data: { local6?: string } }; mtu: number }[]>(
    ...["ip", "-j", "-d", "link", "show", "dev", device],
  );
  assert.deepEqual([tunnel?.linkinfo.info_data.local6, tunnel?.mtu], [one.ipv6, mtu]);
  const entries = await one.json<{ dst?: string }[]>("bridge", "-j", "fdb", "show", "dev", device);
  const vteps = new Set(entries.flatMap(({ dst }) => dst ?? []));
  assert.deepEqual([...vteps], [two.ipv6]);
  const listed = await two.fairlead("host", "ls");
  for (const { ipv6 } of [one, two]) assert.ok(listed.includes(ipv6), listed);
});

test("OVL-15: after a cut and a restart of the daemon hosts meet again over IPv6", async () => {
  await lab.cut("host1", "host2");
  assert.equal(await answers(one, "web", "db"), false);
  await lab.mend("host1", "host2");
  await two.killDaemon();
  await two.startDaemon(["--advertise", two.ipv6]);
  await ping(one, "web", "db");
  await ping(two, "db", "web", "-6");
  assert.equal(await two.fairlead("repair", "--dry-run"), "Kernel and store agree: nothing to repair");
});
