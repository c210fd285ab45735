import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Host } from "../../lab/host.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
const data = host.roots.dataRoot;
await host.run("mount", "-t", "tmpfs", "-o", "size=32m", "none", data);
await host.startDaemon();

const run = ["run", "-d", "--rootfs", "host", "--network", "web"];
const state = (name: string) => host.fairlead("inspect", "--format", "{{.State.Status}} {{.State.ExitCode}}", name);
const reaches = (from: string, to: string) => host.fairlead("exec", from, "ping", "-c1", "-W5", to);

/** Writes all the time, and ends with 3 when it is told to. */
const writing = "trap 'exit 3' TERM; while :; do echo line; sleep 0.02; done";
/** The number of lines it has written. */
const written = async () => (await host.fairlead("logs", "writer")).split("\n").length;

before(async () => {
  await host.fairlead("network", "create", "web");
  await host.fairlead(...run, "--name", "writer", "sh", "-c", writing);
  for (const name of ["first", "second", "third"])
    await host.fairlead(...run, "--name", name, "--stop-signal", "KILL", "sleep", "infinity");
  await fill();
});

/** Takes all room on the disk, again and again; the log of "writer" takes what is left of its last page. */
async function fill(): Promise<void> {
  await host.run("sh", "-c", `! head -c 1G /dev/zero 2>/dev/null >>${data}/fill`);
  await host.run("sh", "-c", `until ! echo >${data}/probe; do :; done 2>/dev/null`);
}

test("LIFE-28 on a full disk a container that needs room does not start, in words, and leaves nothing", async () => {
  const found = await host.snapshot();
  const { code, stderr } = await host.cli(...run, "--name", "new", "sleep", "infinity");
  assert.equal(code, 125);
  assert.match(stderr, /cannot write .*\/files\/.*: ENOSPC: no space left on device/);
  assert.equal(await state("new"), "created 128");
  assert.deepEqual(await host.snapshot(), found);
});

for (const [daemon, signal] of [
  ["the same daemon", undefined],
  ["one started on the full disk, after a kill -9", "SIGKILL"],
  ["one started on the full disk, after the former had ended", "SIGTERM"],
] as const)
  test(`LIFE-28 on a full disk containers run on, and are taken off networks, stopped and removed, by ${daemon}`, async () => {
    if (signal) {
      await host.killDaemon(signal);
      await fill();
      await host.startDaemon();
      await host.fairlead("start", "second");
    }
    await host.fairlead("network", "disconnect", "web", "first");
    await host.fairlead("network", "connect", "web", "first");
    await reaches("first", "second");
    await host.fairlead("stop", "second");
    assert.equal(await state("second"), "exited 137");
    assert.equal(await state("writer"), "running 0");
  });

test("LIFE-28 with a full disk an exit code and the hosts file are whole, and with room again all goes on", async () => {
  await host.fairlead("stop", "writer");
  assert.equal(await state("writer"), "exited 3");
  assert.match(
    await host.fairlead("exec", "first", "cat", "/etc/hosts"),
    /^127\.0\.0\.1\s+localhost\n.*\n172\.18\.\S+\s+\w{12}$/s,
  );
  await host.fairlead("rm", "-f", "third");
  await host.run("rm", `${data}/fill`);
  const before = await written();
  for (const name of ["new", "writer"]) await host.fairlead("start", name);
  await reaches("new", "first");
  while ((await written()) <= before) assert.equal(await state("writer"), "running 0");
});
