import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import type { ExecSession, ExecSpec } from "../../contracts/runtime.ts";
import { identify } from "../process-identity.ts";
import { RuntimeLab } from "../testing/lab.ts";
import { requirePidNamespace } from "../testing/pid-namespace.ts";

import { mostAfterEnd } from "./terminal-output.ts";

requirePidNamespace(import.meta.filename);

const spec: Omit<ExecSpec, "args"> = {
  ...{ env: [], workingDir: "", user: "", tty: true, attachStdin: false, privileged: false },
};

const sleeping = (lab: RuntimeLab) => lab.start({ args: ["sleep", "1000"] });

const run = (lab: RuntimeLab, id: string, script: string, more: Partial<ExecSpec> = {}): Promise<ExecSession> =>
  lab.runtime.exec(id, { ...spec, args: ["sh", "-c", script], ...more });

const textOf = async ({ stdout }: ExecSession): Promise<string> =>
  Buffer.concat((await Array.fromAsync(stdout)) as Buffer[]).toString("latin1");

async function resultOf(session: ExecSession) {
  const [text, exitCode] = await Promise.all([textOf(session), session.exited]);
  return { text, exitCode };
}

async function untilEnded(pid: number): Promise<void> {
  while (identify(pid)) await setTimeout(5);
}

test("STR-23 an exec's terminal turns line feeds into CR LF until its program says otherwise, and nothing else does", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  const said = async (script: string) => (await resultOf(await run(lab, id, script))).text;
  assert.match(await said("stty -a"), / opost .*\bonlcr\b|\sonlcr\b/);
  assert.doesNotMatch(await said("stty -a"), /-onlcr/);
  assert.equal(await said("printf 'a\\nb\\n'"), "a\r\nb\r\n");
  assert.equal(await said("stty raw; printf 'a\\nb'"), "a\nb");
  assert.equal(await said("stty -onlcr; printf 'a\\r\\nb\\n'"), "a\r\nb\n");
});

test("runtime.exec() at a terminal: the size it begins with, and another", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  const until = "until [ \"$(stty size)\" = '40 120' ]; do sleep 0.02; done; echo resized";
  const session = await run(lab, id, `stty size; ${until}`, { size: { rows: 33, columns: 99 } });
  session.stdout.once("readable", () => session.resize(40, 120));
  assert.deepEqual(await resultOf(session), { text: "33 99\r\nresized\r\n", exitCode: 0 });
});

test("runtime.exec() at a terminal: exit codes, of signals too, and kill()", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  assert.deepEqual(await resultOf(await run(lab, id, "exit 42")), { text: "", exitCode: 42 });
  assert.deepEqual(await resultOf(await run(lab, id, "kill -9 $$")), { text: "", exitCode: 137 });
  const session = await run(lab, id, "sleep 1000");
  session.kill("SIGTERM");
  assert.deepEqual(await resultOf(session), { text: "", exitCode: 143 });
  session.kill("SIGTERM");
});

test("runtime.exec() at a terminal has every one of many small writes, also of a program that ends at once", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  const session = await run(lab, id, "i=0; while [ $i -lt 3000 ]; do printf $i.; i=$((i+1)); done");
  const { text } = await resultOf(session);
  assert.equal(text, Array.from({ length: 3000 }, (_, index) => `${index}.`).join(""));
});

test("runtime.exec() at a terminal has what a program wrote that has ended before anything was read", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  const session = await run(lab, id, "stty raw; seq 20000");
  await untilEnded(session.pid);
  const { text, exitCode } = await resultOf(session);
  assert.equal(text, Array.from({ length: 20_000 }, (_, index) => `${index + 1}\n`).join(""));
  assert.equal(exitCode, 0);
});

test("runtime.exec() at a terminal: as much can be typed as is read, while the program writes as much", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  const session = await run(lab, id, "stty raw -echo; echo ready; head -c 1048576", { attachStdin: true });
  const typed = Buffer.from(Array.from({ length: 1 << 20 }, (_, at) => (at * 7919) >> 5));
  session.stdout.once("readable", () => session.stdin.write(typed)); // not before the terminal is raw
  assert.ok((await textOf(session)) === `ready\n${typed.toString("latin1")}`);
  assert.equal(await session.exited, 0);
});

test("runtime.exec() at twenty terminals at the same time", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  const session = async (index: number) => {
    const { text, exitCode } = await resultOf(await run(lab, id, `tty; seq 500; exit ${index}`));
    assert.match(text, /^\/dev\/pts\/\d+\r\n1\r\n/);
    assert.ok(text.endsWith("\r\n499\r\n500\r\n"));
    assert.equal(exitCode, index);
  };
  await Promise.all(Array.from({ length: 20 }, (_, index) => session(index)));
  assert.deepEqual(readdirSync(join(lab.execRoot, "containers", id, "exec")), []);
});

test("runtime.remove() ends execs at terminals, those too that nobody reads, and nothing of them stays", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  const asleep = await run(lab, id, "sleep 1000");
  const stuck = await run(lab, id, "", { args: ["yes"] });
  await untilStuck(join(lab.execRoot, "containers", id, "exec"));
  await lab.runtime.remove(id);
  assert.deepEqual(await resultOf(asleep), { text: "", exitCode: 137 });
  assert.equal(await stuck.exited, 137);
  assert.match(await textOf(stuck), /^(y\r\n)+y?\r?$/);
  const traces = { mounts: [], cgroups: [], processes: [], ids: [], runs: [], exits: [] };
  assert.deepEqual(lab.traces(), traces);
});

test("runtime.exec() at a terminal ends with its program, though another one writes there for ever and nobody reads", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  const forever = "t=$(tty); stty raw; for n in 1 2 3 4; do setsid cat /dev/zero >$t & done; sleep 0.5; exit 7";
  const session = await run(lab, id, forever);
  assert.equal(await session.exited, 7);
  const taken = Buffer.byteLength(await textOf(session));
  assert.ok(taken < 2 * mostAfterEnd, `${taken} bytes`);
});

/** Until the conmon of one of these execs waits, within a write, for us to read: proc_pid_wchan(5). */
async function untilStuck(execs: string): Promise<void> {
  const monitors = readdirSync(execs).map((name) => readFileSync(join(execs, name, "conmon.pid"), "utf8"));
  const waitsIn = (pid: string) => readFileSync(`/proc/${pid}/wchan`, "utf8");
  while (!monitors.some((pid) => /^(sock|unix)_/.test(waitsIn(pid)))) await setTimeout(5);
}

test("runtime.exec() at a terminal leaves no descriptor, whatever became of it", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  const descriptors = () => readdirSync("/proc/self/fd").length;
  const all = async () => {
    await resultOf(await run(lab, id, "exit 1"));
    const reader = await run(lab, id, "read x", { attachStdin: true });
    reader.stdin.write("\r");
    await resultOf(reader);
    await assert.rejects(run(lab, id, "", { args: ["no-such-program"] }), { code: "EXEC_FAILED" });
  };
  await all();
  const before = descriptors();
  for (let round = 0; round < 5; round++) await all();
  while (descriptors() > before) await setTimeout(5);
});

test("openRuntime() removes what execs of an earlier daemon left, and nothing of one whose conmon lives", async () => {
  await using lab = new RuntimeLab();
  const id = await sleeping(lab);
  const directory = join(lab.execRoot, "containers", id, "exec");
  const session = await run(lab, id, "sleep 1000");
  const running = readdirSync(directory);
  mkdirSync(join(directory, "exec-ended"));
  writeFileSync(join(directory, "exec-ended", "conmon.pid"), String(2 ** 22 + 1)); // beyond all pids
  mkdirSync(join(directory, "exec-begun")); // its conmon had not yet said who it is
  mkdirSync(join(directory, "exec-pipes"));
  writeFileSync(join(directory, "exec-pipes", "pid"), "1");
  lab.open()[Symbol.dispose]();
  assert.deepEqual(readdirSync(directory), running);
  session.kill("SIGKILL");
  await resultOf(session);
});
