import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import type { Daemon } from "../../lab/daemon.ts";
import type { Host } from "../../lab/host.ts";
import { Lab } from "../../lab/lab.ts";
import { checkout, lineOf } from "../../lab/process.ts";
import type { Snapshot } from "../../lab/snapshot.ts";
import { Client } from "../../src/client/client.ts";
import { body, everyChange, Load } from "./traffic/load.ts";
import { randomFrom } from "./traffic/random.ts";
import type { PingReport } from "./traffic/report.ts";
import { expectedResidue, residueOf } from "./traffic/residue.ts";

const kills = Number(process.env["FAIRLEAD_KILLS"] ?? 50);
const seed = Number(process.env["FAIRLEAD_SEED"] ?? 20_260_101);
/** A start takes about half a second: a third of the kills hit one. */
const longestStartMs = 700;
/** After that, at most, it is killed under load. */
const longestLifeMs = 1_500;

const node = join(checkout, "node_modules/.bin/node");
const script = (name: string) => join(import.meta.dirname, "traffic", name);
const binds = { Binds: [`${checkout}:${checkout}:ro`] };

let lab: Lab;
let host: Host;
let address: string;
let client: Client;
let daemon: Daemon;
let untouched: Snapshot;
let fresh: Snapshot;

before(async () => {
  lab = await Lab.create();
  const wired = await lab.addHost();
  ({ host, ipv4: address } = wired);
  client = new Client({ kind: "unix", path: host.pathOf(host.socket), text: host.socket });
  untouched = await host.snapshot();
  daemon = await host.startDaemon();
  // A bridge that has had a member reports other limits and another state than a new one.
  await host.fairlead("run", "--rm", "--rootfs", "host", "true");
  fresh = await host.snapshot();
  for (const name of ["wire", "side"]) await client.networks.create({ Name: name, Driver: "bridge", EnableIPv6: true });
});
after(() => lab?.[Symbol.asyncDispose]());

test(`FIX-2 killed ${kills} times at random instants under load, the daemon loses no packet of running containers and leaves nothing behind (seed ${seed})`, async (t) => {
  t.diagnostic(`seed ${seed}`);
  await startServer();
  await startTalker();
  const poller = await startPoller();
  const load = new Load(everyChange(client, "right", "left"));
  await killAgainAndAgain(load);
  await load.stop();
  t.diagnostic(`calls done: ${JSON.stringify(load.done)}`);
  assert.deepEqual(load.failures, []);
  assert.ok(!isScarce(load), `some calls hardly ever went through: ${JSON.stringify(load.done)}`);
  const reports = [...(await stopTalker()), ...(await stopPoller(poller))];
  for (const { ping, sent, lost, errors } of reports) {
    t.diagnostic(`${ping}: ${sent} sent`);
    assert.ok(sent > kills * 10, `${ping}: only ${sent} were sent`);
    assert.deepEqual({ ping, lost, errors }, { ping, lost: [], errors: [] });
  }
});

test("FIX-6 once all is removed after many kills, the host is as it was when the daemon was new", async () => {
  for (const { Id } of await client.containers.list({ all: true })) await client.containers.remove(Id, { force: true });
  await client.networks.prune({});
  assert.deepEqual(await host.snapshot(), fresh);
  await assertClean("after everything was removed");
});

test("FIX-6 API-8 system reset after many kills leaves the host as it was before the first start", async () => {
  await host.fairlead("system", "reset", "--force");
  assert.deepEqual(await host.snapshot(), untouched);
});

async function startServer(): Promise<void> {
  const ports = { "7000/tcp": [{ HostIp: "", HostPort: "7000" }], "7000/udp": [{ HostIp: "", HostPort: "7000" }] };
  await client.containers.create(
    "right",
    body("wire", [node, script("echo.ts"), "7000"], { ...binds, PortBindings: ports }),
  );
  await client.containers.start("right");
  await logged("right", /listening/);
}

async function startTalker(): Promise<void> {
  const pings = [
    "udp:4:right:7000",
    "udp:6:right:7000",
    "udp-fresh:4:right:7000",
    "tcp:4:right:7000",
    "tcp:6:right:7000",
  ];
  await client.containers.create("left", {
    ...body("wire", [node, script("ping.ts"), ...pings], binds),
    StopTimeout: 20,
  });
  await client.containers.start("left");
  await logged("left", /pinging/);
}

async function stopTalker(): Promise<PingReport[]> {
  await client.containers.stop("left");
  const line = (await logOf("left")).split("\n").find((text) => text.startsWith("["));
  return JSON.parse(line ?? "[]") as PingReport[];
}

/** Asks the published ports from another machine. */
async function startPoller(): Promise<ChildProcess> {
  const pings = ["udp", "udp-fresh", "tcp", "tcp-fresh"].map((kind) => `${kind}:4:${address}:7000`);
  const poller = lab.outside.spawn([node, script("ping.ts"), ...pings]);
  await lineOf(poller, /pinging/, "the poller outside");
  return poller;
}

async function stopPoller(poller: ChildProcess): Promise<PingReport[]> {
  const said = lineOf(poller, /^\[/, "the poller outside");
  await lab.outside.run("pkill", "-TERM", "-f", script("ping.ts"));
  return JSON.parse(await said) as PingReport[];
}

const isScarce = ({ done }: Load): boolean => Object.values(done).some((times) => times <= kills / 10);

async function killAgainAndAgain(load: Load): Promise<void> {
  const random = randomFrom(seed);
  // Kills come as fast as the daemon starts: on a machine with other work few calls end in between, and more are needed.
  for (let count = 1; count <= kills || (isScarce(load) && count <= 2 * kills); count++) {
    await sleep(random() * longestLifeMs);
    await daemon.kill();
    await load.pause();
    for (; count < kills && random() < 1 / 3; count++) {
      daemon = host.spawnDaemon();
      await sleep(random() * longestStartMs);
      await daemon.kill();
    }
    daemon = await host.startDaemon();
    await assertClean(`after kill ${count}`);
    if (count % 8 === 0) await assertWorks(`after kill ${count}`);
    load.resume();
  }
}

/** Kernel and store agree, and no process, mount, control group, namespace or file is left of what is not there. */
async function assertClean(when: string): Promise<void> {
  const { differences } = await client.system.repair({ dryRun: true });
  const containers = await client.containers.list({ all: true });
  const running = containers.filter(({ State }) => State === "running").map(({ Id }) => Id);
  const all = containers.map(({ Id }) => Id);
  const found = residueOf(host);
  const log = daemon.log.join("\n");
  assert.deepEqual(
    { when, differences, found, log },
    { when, differences: [], found: expectedResidue(found, running, all), log },
  );
}

/** Names resolve, old and new containers reach each other, and the published port leads to the old one. */
async function assertWorks(when: string): Promise<void> {
  const ask = `getent hosts right && getent hosts $(hostname) && exec 3<>/dev/tcp/${address}/7000 && echo ${when} >&3 && head -n 1 <&3`;
  const command = ["bash", "-c", ask];
  const output = await host.fairlead("run", "--rm", "--rootfs", "host", "--network", "wire", ...command);
  assert.match(output, new RegExp(`right[^]*${when}$`));
  assert.match(await host.fairlead("exec", "left", "getent", "hosts", "right"), /right/);
}

async function logOf(name: string, follow = false): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const { bytes } of await client.containers.logs(name, { stdout: true, stderr: true, follow })) {
    parts.push(bytes);
    if (follow && /\n/.test(String(bytes))) break;
  }
  return Buffer.concat(parts).toString();
}

/** Waits for the first line of a container's output. */
async function logged(name: string, line: RegExp): Promise<void> {
  assert.match(await logOf(name, true), line);
}
