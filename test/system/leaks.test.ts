import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { isDeepStrictEqual } from "node:util";
import type { Daemon } from "../../lab/daemon.ts";
import { Host } from "../../lab/host.ts";
import type { Snapshot } from "../../lab/snapshot.ts";
import { Client } from "../../src/client/client.ts";
import { Layout } from "../../src/runtime/layout.ts";
import { body } from "./traffic/load.ts";
import { holdingsOf, residueOf } from "./traffic/residue.ts";

const cyclesMs = 30_000;

let host: Host;
let daemon: Daemon;
let client: Client;
let untouched: Snapshot;

before(async () => {
  host = await Host.create();
  client = new Client({ kind: "unix", path: host.pathOf(host.socket), text: host.socket });
  untouched = await host.snapshot();
  daemon = await host.startDaemon();
  await client.networks.create({ Name: "web", Driver: "bridge", EnableIPv6: true });
});
after(() => host?.[Symbol.asyncDispose]());

/** run --rm with ports, names and an exec, on two networks. */
async function cycle(name: string, port: number): Promise<void> {
  const PortBindings = { "80/tcp": [{ HostIp: "", HostPort: String(port) }], "53/udp": [{ HostIp: "", HostPort: "" }] };
  await client.containers.create(name, body("web", ["sleep", "1000"], { AutoRemove: true, PortBindings }));
  const { exit } = await client.containers.wait(name, "removed");
  await client.containers.start(name);
  await client.networks.connect("bridge", { Container: name, EndpointConfig: {} });
  const exec = await client.exec.create(name, { ...execBody, Cmd: ["getent", "hosts", name] });
  const { output } = await client.exec.start(exec, { Tty: false });
  const said: Buffer[] = [];
  for await (const bytes of output) said.push(bytes);
  assert.match(Buffer.concat(said).toString(), new RegExp(name));
  await client.containers.kill(name, "KILL");
  assert.equal(await exit, 137);
}

const execBody = {
  ...{ User: "", Privileged: false, Tty: false, WorkingDir: "" },
  ...{ AttachStdin: false, AttachStdout: true, AttachStderr: true },
};

async function cycles(count: () => boolean): Promise<number> {
  let done = 0;
  const loop = async (number: number) => {
    for (; count(); done++) await cycle(`c${number}`, 8000 + number);
  };
  await Promise.all([loop(1), loop(2)]);
  return done;
}

const state = async () => ({
  ...holdingsOf(daemon.pid ?? 0),
  residue: residueOf(host),
  snapshot: await host.snapshot(),
});

test("FIX-6 cycles of run --rm, connect, exec and kill leave no descriptor, thread, link, rule, namespace, mount, process or control group", async (t) => {
  let warm = 10;
  await cycles(() => warm-- > 0);
  const before = await steady();
  const end = Date.now() + cyclesMs;
  const done = await cycles(() => Date.now() < end);
  t.diagnostic(`${done} cycles`);
  assert.ok(done > 20, `${done} cycles`);
  await settled(before);
  assert.deepEqual(await state(), before);
});

/** The state once it has stayed the same for half a second. */
async function steady(): Promise<unknown> {
  let [last, now]: unknown[] = [undefined, await state()];
  for (let left = 20; left > 0 && !isDeepStrictEqual(last, now); left--) {
    await setTimeout(500);
    [last, now] = [now, await state()];
  }
  return now;
}

/** The daemon closes its end of a connection some time after we have ours: nothing tells, so it is looked at again. */
async function settled(before: unknown): Promise<void> {
  for (let left = 50; left > 0 && !isDeepStrictEqual(await state(), before); left--) await setTimeout(100);
}

test("API-8 fairlead system reset leaves the machine as it was, without its containers, networks and control groups", async () => {
  await client.containers.create(
    "one",
    body("web", ["sleep", "1000"], { PortBindings: { "80/tcp": [{ HostIp: "", HostPort: "8080" }] } }),
  );
  await client.containers.start("one");
  await client.containers.create("two", body("container:one", ["sleep", "1000"]));
  await client.containers.start("two");
  const cgroup = new Layout(`${host.folder}/data`, `${host.folder}/run`).cgroupParent;
  await host.fairlead("system", "reset", "--force");
  assert.deepEqual(await host.snapshot(), untouched);
  assert.deepEqual(residueOf(host), { namespaces: [], mounts: [], monitors: [], cgroups: [], runs: [], kept: [] });
  assert.deepEqual(
    await host.run("sh", "-c", `ls -d /sys/fs/cgroup/*/${cgroup} /sys/fs/cgroup/${cgroup} 2>/dev/null; true`),
    "",
  );
  assert.equal(await host.run("sh", "-c", `grep ${host.folder}/ /proc/self/mountinfo || true`), "");
});
