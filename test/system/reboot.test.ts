import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Host } from "../../lab/host.ts";
import { run } from "../../lab/process.ts";
import { Client } from "../../src/client/client.ts";
import { body } from "./traffic/load.ts";
import { residueOf } from "./traffic/residue.ts";

/** Sends back one line a connection on port 80. */
const echo = ["socat", "TCP6-LISTEN:80,fork,reuseaddr,ipv6only=0", "EXEC:head -n 1"];
const none = { namespaces: [], mounts: [], monitors: [], cgroups: [], runs: [], kept: [] };

/** The machine before and after: a host that has ended leaves nothing but what was copied from its disk. */
let before_: Host;
let host: Host;
let client: Client;

const clientOf = (of: Host) => new Client({ kind: "unix", path: of.pathOf(of.socket), text: of.socket });
const inspect = async (name: string) => JSON.parse(await host.fairlead("inspect", name))[0];

/** What must be the same after a reboot. */
async function addressesOf(name: string): Promise<unknown> {
  const { NetworkSettings } = await inspect(name);
  const { IPAddress, GlobalIPv6Address, MacAddress, Gateway } = NetworkSettings.Networks.web;
  return { IPAddress, GlobalIPv6Address, MacAddress, Gateway };
}

async function startFirst(): Promise<void> {
  host = await Host.create("before");
  before_ = host;
  client = clientOf(host);
  await host.startDaemon();
  await client.networks.create({ Name: "web", Driver: "bridge", EnableIPv6: true });
  await client.networks.create({ Name: "shut", Driver: "bridge", Internal: true });
  const PortBindings = { "80/tcp": [{ HostIp: "", HostPort: "8080" }] };
  await client.containers.create(
    "server",
    body("web", ["sh", "-c", `echo started; exec ${echo.map((w) => `'${w}'`).join(" ")}`], { PortBindings }),
  );
  await client.containers.create("other", body("web", ["sleep", "1000"]));
  await client.containers.create("passing", body("shut", ["sleep", "1000"], { AutoRemove: true }));
  await client.containers.create("stopped", body("web", ["sh", "-c", "exit 3"]));
  for (const name of ["server", "other", "passing", "stopped"]) await client.containers.start(name);
  await (await client.containers.wait("stopped")).exit;
}

/** The next machine on the same disk. Its exec root is on disk too, and says what an earlier boot left in it. */
async function reboot(): Promise<void> {
  const next = await Host.create("after");
  await before_.killDaemon();
  await run(["cp", "-a", `${before_.pathOf(before_.folder)}/data/.`, next.pathOf(`${next.folder}/data`)]);
  const ids = residueOf(before_).namespaces;
  await before_[Symbol.asyncDispose]();
  host = next;
  client = clientOf(host);
  const stale = ids.map(
    (id) => `touch netns/${id}; mkdir -p containers/${id} runc/${id}; echo 1 >containers/${id}/init.pid`,
  );
  await host.run(
    "sh",
    "-ec",
    `cd ${host.folder}/run; mkdir -p netns; echo an-earlier-boot >boot-id; ${stale.join("; ")}`,
  );
}

let addresses: Record<string, unknown>;
let networks: unknown;
const listNetworks = async () => (await client.networks.list()).map(({ Name, Id }) => `${Name} ${Id}`).sort();

before(async () => {
  await startFirst();
  addresses = { server: await addressesOf("server"), other: await addressesOf("other") };
  networks = await listNetworks();
  await reboot();
  await host.startDaemon();
});
after(() => host?.[Symbol.asyncDispose]());

test("FIX-5 after a reboot networks are there again, in the kernel too, and nothing else", async () => {
  assert.deepEqual(await listNetworks(), networks);
  assert.deepEqual((await client.system.repair({ dryRun: true })).differences, []);
  assert.deepEqual({ ...residueOf(host), kept: [] }, none);
  const links = await host.json<{ ifname: string }[]>("ip", "-j", "link");
  assert.equal(links.length, 4, "loopback and three bridges");
});

test("FIX-5 after a reboot containers have ended, with their logs and addresses; those with --rm are gone", async () => {
  const list = await client.containers.list({ all: true });
  assert.deepEqual(
    list.map(({ Names, State, Status }) => `${Names[0]} ${State} ${/\((\d+)\)/.exec(Status)?.[1]}`).sort(),
    ["/other exited 255", "/server exited 255", "/stopped exited 3"],
  );
  assert.match(await host.fairlead("logs", "server"), /started/);
});

test("FIX-5 after a reboot containers start with the addresses they had; names and published ports work", async () => {
  for (const name of ["server", "other"]) await client.containers.start(name);
  assert.deepEqual({ server: await addressesOf("server"), other: await addressesOf("other") }, addresses);
  assert.match(await host.fairlead("exec", "other", "getent", "hosts", "server"), /server/);
  const ask = "exec 3<>/dev/tcp/127.0.0.1/8080 && echo hello >&3 && head -n 1 <&3";
  assert.equal((await host.run("bash", "-c", ask)).trim(), "hello");
});

test("FIX-2 what an erased data root leaves in the kernel is removed: links, namespaces, rules, processes, mounts", async () => {
  await host.killDaemon();
  await host.run("sh", "-c", `rm -rf ${host.folder}/data/*`);
  assert.equal(residueOf(host).namespaces.length, 2);
  await host.startDaemon();
  assert.deepEqual(residueOf(host), none);
  assert.deepEqual((await client.system.repair({ dryRun: true })).differences, []);
  const links = await host.json<{ ifname: string }[]>("ip", "-j", "link");
  assert.deepEqual(links.map(({ ifname }) => ifname).sort(), ["fairlead0", "lo"]);
  assert.doesNotMatch(await host.run("nft", "list", "ruleset"), /8080|br-/);
  assert.equal(await host.fairlead("run", "--rm", "--rootfs", "host", "echo", "works"), "works");
});
