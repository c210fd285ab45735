import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { ClusterHost } from "../../../lab/cluster/cluster-host.ts";
import type { ClusterLab } from "../../../lab/cluster/cluster-lab.ts";
import { addressOf, eventually, everywhere, inspect, ping, stay, threeHosts } from "./hosts.ts";

let lab: ClusterLab;
let hosts: [ClusterHost, ClusterHost, ClusterHost];
before(async () => {
  lab = await threeHosts();
  hosts = lab.hosts as typeof hosts;
  await hosts[0].fairlead("network", "create", "-d", "overlay", "--subnet", "10.0.9.0/24", "red");
  await everywhere(lab, "red");
  for (const [index, host] of hosts.entries()) await stay(host, `red${index}`, "--network", "red");
  await meet();
});
after(() => lab[Symbol.asyncDispose]());

/** Every container resolves and reaches every other one. */
async function meet(): Promise<void> {
  for (const [from, host] of hosts.entries())
    for (const to of [0, 1, 2]) {
      await eventually(
        `red${to} from host${from + 1}`,
        () => addressOf(host, `red${from}`, `red${to}`),
        (a) => a !== "",
      );
      await ping(host, `red${from}`, `red${to}`);
    }
}

/** What the hosts' kernels have of the overlay, without what ages by itself. */
const forwarding = async (host: ClusterHost): Promise<string[]> => {
  const { Id } = await inspect<{ Id: string }>(host, "red");
  const device = `fvx${Id.slice(0, 12)}`;
  const entries = await host.json<{ mac: string; dst?: string }[]>("bridge", "-j", "fdb", "show", "dev", device);
  const neighbours = await host.json<{ dst: string; lladdr: string }[]>("ip", "-j", "neigh", "show", "dev", device);
  return [
    ...entries.filter(({ dst }) => dst !== undefined).map(({ mac, dst }) => `${mac} ${dst}`),
    ...neighbours.map(({ dst, lladdr }) => `${dst} ${lladdr}`),
  ].sort();
};

test("OVL-20: while the store is away flows go on, containers start from reserved addresses, and all converges afterwards", async () => {
  await lab.store.kill();
  await ping(hosts[2], "red2", "red0");
  await stay(hosts[0], "late", "--network", "red");
  const refused = await hosts[1].cli("network", "create", "-d", "overlay", "never");
  assert.match(refused.stderr, /the cluster's store at .* does not answer/);
  assert.notEqual((await hosts[1].cli("network", "inspect", "never")).code, 0);
  await hosts[1].fairlead("rm", "-f", "red1");
  await lab.store.start();
  await eventually(
    "late",
    () => addressOf(hosts[2], "red2", "late"),
    (a) => a !== "",
  );
  await ping(hosts[2], "red2", "late");
  await eventually(
    "red1 gone",
    () => addressOf(hosts[2], "red2", "red1"),
    (a) => a === "",
  );
  await stay(hosts[1], "red1", "--network", "red");
  await meet();
  await hosts[0].fairlead("rm", "-f", "late");
});

test("OVL-21: a killed daemon's containers are still reached, but leave the DNS answers until it is back; nothing is programmed anew", async () => {
  const before = await forwarding(hosts[2]);
  const ownBefore = await forwarding(hosts[0]);
  await hosts[0].killDaemon();
  await eventually(
    "red0 unknown",
    () => addressOf(hosts[2], "red2", "red0"),
    (a) => a === "",
  );
  assert.deepEqual(await forwarding(hosts[2]), before);
  await ping(hosts[2], "red2", "10.0.9.2");
  const started = await hosts[0].startDaemon();
  await started.logged(/"msg":"restored"/);
  assert.deepEqual(await forwarding(hosts[0]), ownBefore);
  await meet();
  assert.match(hosts[0].daemon.log, /"repaired":0,"msg":"restored"/);
});

test("OVL-22: a daemon that restarts while the store is away takes its containers over and starts new ones", async () => {
  await lab.store.kill();
  await hosts[0].killDaemon();
  await hosts[0].startDaemon();
  await stay(hosts[0], "fresh", "--network", "red");
  await hosts[0].fairlead("exec", "fresh", "ping", "-c1", "-W5", "red0");
  await lab.store.start();
  await meet();
  await eventually(
    "fresh",
    () => addressOf(hosts[2], "red2", "fresh"),
    (a) => a !== "",
  );
  await hosts[0].fairlead("rm", "-f", "fresh");
});

test("OVL-23: a host that is cut off from the store goes on, and is caught up when it is back; so does one whose process was stopped", async () => {
  await lab.cut("host2", "store");
  await stay(hosts[0], "new0", "--network", "red");
  await hosts[1].fairlead("rm", "-f", "red1");
  await lab.store.compact();
  await lab.mend("host2", "store");
  await stay(hosts[1], "red1", "--network", "red");
  await eventually(
    "new0",
    () => addressOf(hosts[1], "red1", "new0"),
    (a) => a !== "",
  );
  await ping(hosts[1], "red1", "new0");
  await hosts[1].stopDaemon();
  await hosts[0].fairlead("rm", "-f", "new0");
  await eventually(
    "red1 unknown",
    () => addressOf(hosts[0], "red0", "red1"),
    (a) => a === "",
  );
  await hosts[1].continueDaemon();
  await eventually(
    "new0 gone",
    () => addressOf(hosts[1], "red1", "new0"),
    (a) => a === "",
  );
  await meet();
});

test("OVL-24: hosts cut off from each other but not from the store find each other again by themselves", async () => {
  await lab.cut("host1", "host3");
  assert.notEqual((await hosts[0].cli("exec", "red0", "ping", "-c1", "-W1", "red2")).code, 0);
  await ping(hosts[0], "red0", "red1");
  await lab.mend("host1", "host3");
  await meet();
});

test("OVL-25: a wrong wall clock changes nothing", async () => {
  await hosts[2].killDaemon();
  await hosts[2].startDaemon([], { clock: "-1d" });
  await meet();
  hosts[2].setClock("+2h");
  await stay(hosts[2], "skewed", "--network", "red");
  await eventually(
    "skewed",
    () => addressOf(hosts[0], "red0", "skewed"),
    (a) => a !== "",
  );
  await hosts[2].fairlead("rm", "-f", "skewed");
});

test("OVL-26: a host that is gone is removed: its addresses are free, its entries go; wiped, it joins as a new one", async () => {
  await hosts[1].fairlead("rm", "-f", "red1");
  await stay(hosts[1], "red1", "--network", "red", "--ip", "10.0.9.77");
  await eventually(
    "red1",
    () => addressOf(hosts[0], "red0", "red1"),
    (address) => address === "10.0.9.77",
  );
  await hosts[1].killDaemon();
  await eventually(
    "red1 unknown",
    () => addressOf(hosts[0], "red0", "red1"),
    (a) => a === "",
  );
  await eventually(
    "removed",
    () => hosts[0].cli("host", "rm", "host2"),
    ({ code }) => code === 0,
  );
  await eventually(
    "entries gone",
    () => forwarding(hosts[0]),
    (entries) => entries.length === 2,
  );
  await stay(hosts[0], "heir", "--network", "red", "--ip", "10.0.9.77");
  await ping(hosts[2], "red2", "10.0.9.77");
  // Its container still runs when it comes back, with an address that is another's now.
  const started = await hosts[1].startDaemon();
  await started.logged(/the address is another host's now: disconnecting/);
  await hosts[1].fairlead("rm", "-f", "red1");
  await stay(hosts[1], "red1", "--network", "red");
  await meet();
  await ping(hosts[1], "red1", "heir");
});

test("OVL-27: a host whose data was lost takes the place of the one it was", async () => {
  await hosts[1].fairlead("rm", "-f", "red1");
  await hosts[1].killDaemon();
  const { folder } = hosts[1];
  await hosts[1].run("sh", "-c", `umount --lazy ${folder}/run/netns && rm -rf ${folder}/data/* ${folder}/run/*`);
  await hosts[1].startDaemon();
  await everywhere(lab, "red");
  await stay(hosts[1], "red1", "--network", "red");
  await meet();
  const listed = await hosts[0].fairlead("host", "ls", "--format", "{{.Name}} {{.State}}");
  assert.deepEqual(listed.split("\n").sort(), ["host1 live", "host2 live", "host3 live"]);
});
