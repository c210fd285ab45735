import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { test } from "node:test";
import { identify } from "./process-identity.ts";
import { RuntimeLab } from "./testing/lab.ts";
import { requirePidNamespace } from "./testing/pid-namespace.ts";

requirePidNamespace(import.meta.filename);

/** Says "ready" once its traps are set, and ends with 5 on SIGTERM. */
const obedient = ["sh", "-c", "trap 'echo bye; exit 5' TERM; echo ready; while :; do sleep 0.05; done"];
const nothing = { mounts: [], cgroups: [], processes: [], ids: [], runs: [], exits: [] };

/** Follows the log until a line says `word`. */
async function hears(lab: RuntimeLab, id: string, word: string): Promise<void> {
  for await (const entries of lab.runtime.logs(id, { follow: true, stdout: true, stderr: true }))
    if (entries.some(({ bytes }) => Buffer.from(bytes).toString().includes(word))) return;
  assert.fail(`the container ended without saying "${word}"`);
}

test("runtime runs a command, tells its exit code once and keeps what it wrote", async () => {
  await using lab = new RuntimeLab();
  const { id, exit, output } = await lab.run({ args: ["sh", "-c", "echo out; echo err >&2; printf end; exit 7"] });
  assert.deepEqual({ exit, output }, { exit: { containerId: id, exitCode: 7, at: exit.at }, output: "out\nerr\nend" });
  assert.ok(Math.abs(Date.parse(exit.at) - Date.now()) < 60_000);
  assert.deepEqual(lab.runtime.exitOf(id), exit);
  assert.deepEqual(await lab.exitOf(id), exit, "a later listener hears of it too, until it is released");
  await lab.runtime.release(id);
  assert.equal(lab.runtime.exitOf(id), undefined);
  assert.equal(await lab.output(id), "out\nerr\nend", "the log outlives release()");
});

test("runtime.remove() leaves no mounts, control groups, processes or files, running or not", async () => {
  await using lab = new RuntimeLab();
  const ended = await lab.run({});
  const running = await lab.start({ args: ["sleep", "1000"] });
  const created = lab.plan({});
  await lab.runtime.create(created);
  assert.deepEqual(new Set(lab.runtime.leftovers()), new Set([ended.id, running, created.container.id]));
  assert.notDeepEqual(lab.traces().processes, []);
  for (const id of lab.runtime.leftovers()) await lab.runtime.remove(id);
  assert.deepEqual(lab.traces(), nothing);
  await lab.runtime.remove(running);
});

const impossible = [
  { what: "a program that is not there", config: { args: ["no-such-program"] }, why: /executable file not found/ },
  { what: "a path that is not there", config: { args: ["/no/such"] }, why: /no such file or directory/ },
  { what: "a file that is no program", config: { args: ["/etc/passwd"] }, why: /permission denied/ },
  { what: "a network namespace that is not there", netnsPath: "/no/such/netns", config: {}, why: /netns/ },
];

for (const { what, config, why, ...rest } of impossible) {
  test(`runtime.create() refuses ${what} with runc's words and leaves nothing`, async () => {
    await using lab = new RuntimeLab();
    const plan = { ...lab.plan(config), ...rest };
    const heard: string[] = [];
    using _watch = lab.runtime.watch(async ({ containerId }) => void heard.push(containerId));
    await assert.rejects(lab.runtime.create(plan), (error: Error & { code: string; data: { why: string } }) => {
      assert.equal(error.code, "START_FAILED");
      assert.match(error.data.why, why);
      assert.doesNotMatch(error.data.why, /runc create failed|unable to start container/);
      return true;
    });
    await lab.runtime.remove(plan.container.id);
    assert.deepEqual({ ...lab.traces(), heard }, { ...nothing, heard: [] });
  });
}

test("runtime.kill() ends a container by any signal, and refuses one that does not run", async () => {
  await using lab = new RuntimeLab();
  const id = await lab.start({ args: obedient });
  await hears(lab, id, "ready");
  const exit = lab.exitOf(id);
  await lab.runtime.kill(id, "term");
  assert.equal((await exit).exitCode, 5);
  await assert.rejects(lab.runtime.kill(id, "SIGKILL"), { code: "CONTAINER_NOT_RUNNING" });

  const other = await lab.start({ args: ["sleep", "1000"] });
  await assert.rejects(lab.runtime.kill(other, "SIGNOTHING"), { code: "INVALID" });
  const killed = lab.exitOf(other);
  await lab.runtime.kill(other, "9");
  assert.equal((await killed).exitCode, 137);
});

test("runtime.create() runs a container again on the same writable layer and log", async () => {
  await using lab = new RuntimeLab();
  const plan = lab.plan({ args: ["sh", "-c", "echo x >>/root/kept; cat /root/kept"] });
  const { id } = plan.container;
  for (const expected of ["x\n", "x\nx\nx\n"]) {
    await lab.runtime.create(plan);
    assert.equal(lab.runtime.exitOf(id), undefined);
    const exit = lab.exitOf(id);
    await lab.runtime.start(id);
    await exit;
    await lab.runtime.release(id);
    assert.equal(await lab.output(id), expected);
  }
  assert.equal(existsSync("/root/kept"), false);
});

test("runtime.running() has a container from its start to its end only", async () => {
  await using lab = new RuntimeLab();
  const plan = lab.plan({ args: ["sleep", "1000"] });
  const { id } = plan.container;
  const { pid } = await lab.runtime.create(plan);
  assert.deepEqual(await lab.runtime.running(), new Map());
  await lab.runtime.start(id);
  assert.deepEqual(await lab.runtime.running(), new Map([[id, pid]]));
  const exit = lab.exitOf(id);
  await lab.runtime.kill(id, "KILL");
  await exit;
  assert.deepEqual(await lab.runtime.running(), new Map());
});

test("runtime takes up containers of a process that was killed: they run on, and what they said and their end is known", async () => {
  await using lab = new RuntimeLab();
  const script = "echo ready; while [ ! -e /tmp/go ]; do sleep 0.05; done; echo done; exit 9";
  const plans = [lab.plan({ args: ["sh", "-c", script] }), lab.plan({ args: ["sh", "-c", "echo short; exit 3"] })];
  for (const plan of plans) await startInKilledProcess(lab, plan);
  const [long, short] = plans.map(({ container }) => container.id) as [string, string];

  const pid = (await lab.runtime.running()).get(long);
  assert.ok(pid);
  assert.equal((await lab.exitOf(short)).exitCode, 3);
  assert.equal(lab.runtime.exitOf(short)?.exitCode, 3);
  assert.equal(await lab.output(short), "short\n");

  const exit = lab.exitOf(long);
  writeFileSync(`/proc/${pid}/root/tmp/go`, "");
  assert.equal((await exit).exitCode, 9);
  assert.equal(await lab.output(long), "ready\ndone\n");
  for (const id of [long, short]) await lab.runtime.remove(id);
  assert.deepEqual(lab.traces(), nothing);
});

async function startInKilledProcess(lab: RuntimeLab, plan: object): Promise<void> {
  const program = join(import.meta.dirname, "testing", "start-and-stay.ts");
  const stdio = ["pipe", "pipe", "inherit"] as const;
  const child = spawn(process.execPath, [program, lab.dataRoot, lab.execRoot], { stdio: [...stdio] });
  child.stdin?.end(JSON.stringify(plan));
  const [said] = (await once(child.stdout as NodeJS.ReadableStream, "data")) as [Buffer];
  assert.equal(said.toString(), "started\n");
  child.kill("SIGKILL");
  await once(child, "close");
}

test("runtime records the end of a container whose conmon was killed, with code 255", async () => {
  await using lab = new RuntimeLab();
  const id = await lab.start({ args: ["sleep", "1000"] });
  const pid = (await lab.runtime.running()).get(id);
  assert.ok(pid);
  process.kill(Number(readFileSync(join(lab.execRoot, "containers", id, "conmon.pid"), "utf8")), "SIGKILL");
  assert.deepEqual([...(await lab.runtime.running())], [[id, pid]], "the container itself goes on");
  await lab.runtime.kill(id, "KILL");
  while ((await lab.runtime.running()).size > 0) await new Promise(setImmediate);
  lab.runtime[Symbol.dispose]();
  lab.runtime = lab.open();
  assert.equal((await lab.exitOf(id)).exitCode, 255);
});

test("a container has ended by the file that tells it, and a conmon that was killed just before has left the code", async () => {
  await using lab = new RuntimeLab();
  const id = await lab.start({ args: ["sleep", "1000"] });
  const monitor = Number(readFileSync(join(lab.execRoot, "containers", id, "conmon.pid"), "utf8"));
  process.kill(monitor, "SIGSTOP");
  writeFileSync(join(lab.execRoot, "containers", id, "monitor", "exit"), "7");
  assert.equal(lab.runtime.exitOf(id), undefined);
  lab.runtime[Symbol.dispose]();
  await lab.runtime.kill(id, "KILL");
  process.kill(monitor, "SIGKILL");
  while (identify(monitor)) await new Promise(setImmediate);
  lab.runtime = lab.open();
  assert.equal((await lab.exitOf(id)).exitCode, 7);
});

test("runtime tells ends with their codes where there is no room for a file of them, and begins on such a disk", async () => {
  await using lab = new RuntimeLab();
  const exits = join(lab.execRoot, "exits");
  const ids = [await lab.start({ args: obedient }), await lab.start({ args: obedient })];
  execFileSync("mount", ["-t", "tmpfs", "-o", "nr_inodes=1", "none", exits]); // conmon has none for a file either
  using _mounted = { [Symbol.dispose]: () => execFileSync("umount", [exits]) };
  for (const id of ids) {
    await hears(lab, id, "ready");
    const monitor = Number(readFileSync(join(lab.execRoot, "containers", id, "conmon.pid"), "utf8"));
    await lab.runtime.kill(id, "TERM");
    while (identify(monitor)) await new Promise(setImmediate);
  }
  lab.runtime[Symbol.dispose]();
  lab.runtime = lab.open();
  for (const id of ids) {
    const exit = await lab.exitOf(id);
    assert.deepEqual([exit.exitCode, lab.runtime.exitOf(id)], [5, exit]);
    await lab.runtime.release(id);
    assert.equal(lab.runtime.exitOf(id), undefined);
  }
});

test("runtime makes the folder of ends again when it is gone, and hears of what ends then", async () => {
  await using lab = new RuntimeLab();
  const exits = join(lab.execRoot, "exits");
  const id = await lab.start({ args: obedient });
  await hears(lab, id, "ready");
  for (let round = 0; round < 2; round += 1) {
    rmdirSync(exits);
    while (!existsSync(exits)) await new Promise(setImmediate);
  }
  const exit = lab.exitOf(id);
  await lab.runtime.kill(id, "TERM");
  assert.equal((await exit).exitCode, 5);
});

test("runtime forgets what an exec root says of an earlier boot", async () => {
  await using lab = new RuntimeLab();
  const { id } = await lab.run({ args: ["sh", "-c", "echo before; exit 4"] });
  lab.runtime[Symbol.dispose]();
  await lab.runtime.release(id);
  mkdirSync(join(lab.execRoot, "containers", id));
  writeFileSync(join(lab.execRoot, "containers", id, "init.pid"), String(process.pid));
  writeFileSync(join(lab.execRoot, "boot-id"), "an earlier boot");
  lab.runtime = lab.open();
  assert.deepEqual(await lab.runtime.running(), new Map());
  assert.equal(lab.runtime.exitOf(id), undefined);
  assert.deepEqual(lab.runtime.leftovers(), [id], "its data are still there");
  assert.equal(await lab.output(id), "before\n");
});

test("runtime never takes a reused pid for a container", async () => {
  await using lab = new RuntimeLab();
  const id = await lab.start({ args: ["sleep", "1000"] });
  lab.runtime[Symbol.dispose]();
  const state = join(lab.execRoot, "runc", id, "state.json");
  const record = JSON.parse(readFileSync(state, "utf8")) as { init_process_pid: number };
  writeFileSync(state, JSON.stringify({ ...record, init_process_pid: process.pid }));
  lab.runtime = lab.open();
  assert.deepEqual(await lab.runtime.running(), new Map());
  await assert.rejects(lab.runtime.kill(id, "KILL"), { code: "CONTAINER_NOT_RUNNING" });
  writeFileSync(state, JSON.stringify(record));
});

test("runtime hides the daemon's roots and socket from a container on the host's root", async () => {
  // On the host's root itself: a container does not see what is mounted below it, such as a /tmp in memory.
  await using lab = new RuntimeLab("/var/lib");
  await using server = createServer((socket) => socket.end("secret\n")).listen(lab.socket);
  await once(server, "listening");
  const { dataRoot, execRoot, socket } = lab;
  const script = `ls -A ${dataRoot} ${execRoot}; touch ${dataRoot}/x || touch ${execRoot}/x || echo refused
    ls ${lab.directory}/host && socat -u UNIX-CONNECT:${socket} - || echo unreachable`;
  writeFileSync(join(lab.directory, "host"), "");
  const { output } = await lab.run({ args: ["sh", "-c", `(${script}) 2>/dev/null`] });
  assert.equal(output, `${dataRoot}:\n\n${execRoot}:\nrefused\n${lab.directory}/host\nunreachable\n`);
});

const noRoots = [
  { rootfs: { kind: "directory", path: "/no/such" }, code: "INVALID" },
  { rootfs: { kind: "directory", path: "/etc/passwd" }, code: "INVALID" },
  { rootfs: { kind: "directory", path: "/" }, code: "INVALID" },
  { rootfs: { kind: "directory", path: "relative" }, code: "INVALID" },
  { rootfs: { kind: "image", reference: "gone", imageId: `sha256:${"0".repeat(64)}` }, code: "IMAGE_NOT_FOUND" },
] as const;

for (const { rootfs, code } of noRoots) {
  test(`runtime.checkRootfs() refuses ${JSON.stringify(rootfs)}`, async () => {
    await using lab = new RuntimeLab();
    assert.throws(() => lab.runtime.checkRootfs(rootfs), { code });
    await assert.rejects(lab.runtime.create(lab.plan({ rootfs })), { code });
    assert.deepEqual(lab.traces(), nothing);
  });
}
