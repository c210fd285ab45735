import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { launcher } from "./launcher.ts";

const environment = { PATH: process.env["PATH"] ?? "", GIVEN: "yes" };

const shell = (script: string, options: { directory?: string } = {}) =>
  launcher.launch("/bin/sh", ["-c", script], {
    environment,
    descriptors: ["from us", "to us", "to us"],
    ...options,
  });

/** Both outputs, read to their end, and how it ended. */
async function outcome({ pipes: [stdin, stdout, stderr], ended }: ReturnType<typeof shell>) {
  stdin.end();
  const [out, err, end] = await Promise.all([text(stdout), text(stderr), ended]);
  return { out, err, end };
}

test("launch() runs a program where it is told to, with pipes, an environment and an exit code", async () => {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), "fairlead-launcher-")));
  using _directory = { [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
  const program = shell("cat; pwd; env | grep -c .; echo $GIVEN >&2; exit 3", { directory });
  program.pipes[0].write("typed\n");
  const { out, err, end } = await outcome(program);
  assert.deepEqual([out, err, end], [`typed\n${directory}\n3\n`, "yes\n", { exitCode: 3 }]); // sh adds PWD
});

test("launch() tells the signal that ended a program, and kill() reaches it until then", async () => {
  const program = launcher.launch("/bin/sleep", ["100"], { environment, descriptors: [] });
  program.kill("SIGABRT");
  assert.deepEqual(await program.ended, { signal: 6 });
  program.kill("SIGKILL"); // its pid may be another's by now
});

/** Runs a script as a starter, which is to write a pid into $0. */
async function started(script: string) {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-starter-"));
  using _directory = { [Symbol.dispose]: () => rmSync(directory, { recursive: true }) };
  const pidFile = join(directory, "pid");
  const { pipes, started } = launcher.launchStarter("/bin/sh", ["-c", script, pidFile], {
    environment,
    descriptors: ["from us", "to us"],
    pidFile,
  });
  return { pipes, ...(await started) };
}

test("launchStarter() hands over a program, which has the pipes and whose end is told", async () => {
  const { pid = 0, pipes, ended } = await started('exec 3<&0; { cat; exit 7; } <&3 & echo $! >"$0"');
  assert.equal(readFileSync(`/proc/${pid}/stat`, "utf8").split(" ")[3], `${process.pid}`);
  pipes[0].end("typed");
  assert.deepEqual([await text(pipes[1]), await ended], ["typed", { exitCode: 7 }]);
});

/** A program that ends when the fifo $0.go has been opened. Not before: a shell reaps what has ended. */
const waiting = (exitCode: number) => `mkfifo "$0.go"; (read _ <"$0.go"; exit ${exitCode}) & echo $! >"$0"`;

test("launchStarter() tells how a program ended that has ended before its starter", async () => {
  const untilZombie = `const { readFileSync, writeFileSync } = require("fs");
    writeFileSync(process.argv[2], "");
    while (!readFileSync("/proc/" + process.argv[1] + "/stat", "utf8").includes(") Z "));`;
  const { ended } = await started(`${waiting(7)}; exec '${process.execPath}' -e '${untilZombie}' $! "$0.go"`);
  assert.deepEqual(await ended, { exitCode: 7 });
});

test("launchStarter() tells each of twenty programs its own end, at about the end of its starter, while orphans end", async () => {
  const script = (code: number) => `sleep 0.1 & ${waiting(code)}; exec cp /dev/null "$0.go"`;
  const codes = Array.from({ length: 20 }, (_, code) => code);
  const ends = await Promise.all(codes.map(async (code) => await (await started(script(code))).ended));
  assert.deepEqual(
    ends.map((end) => end?.exitCode),
    codes,
  );
});

test("launchStarter(): kill() reaches the program, not its starter", async () => {
  const program = await started('sleep 100 & echo $! >"$0"');
  assert.ok(!program.failed);
  program.kill("SIGTERM");
  assert.deepEqual(await program.ended, { signal: 15 });
});

test("launchStarter() tells how a starter failed, and fails when what it names is no child of ours", async () => {
  assert.deepEqual((await started("exit 3")).failed, { exitCode: 3 });
  assert.deepEqual((await started("kill -9 $$")).failed, { signal: 9 });
  await assert.rejects(started('echo 1 >"$0"'), { message: "Cannot wait for process 1: it is no child of the daemon" });
  await assert.rejects(started("true"), { code: "ENOENT" });
});

test("what programs have left running is reaped when it ends", async () => {
  const program = shell("sleep 0.1 & echo $!");
  const orphan = (await text(program.pipes[1])).trim();
  while (existsSync(`/proc/${orphan}`)) await setImmediate();
  assert.deepEqual(await program.ended, { exitCode: 0 });
});

/** What a program that is no shell, which changes some of it for a moment, sees of itself. */
async function output(path: string, ...args: readonly string[]): Promise<string> {
  return await text(launcher.launch(path, args, { environment, descriptors: ["none", "to us", "to us"] }).pipes[1]);
}

test("launch() gives a program its descriptors and no others", async () => {
  assert.equal(await output("/bin/ls", "/proc/self/fd"), "0\n1\n2\n3\n"); // 3 is the directory that it reads
});

test("launch() gives a program a session of its own, and no signal blocked or ignored", async () => {
  const status = await output("/bin/grep", "-E", "^(Pid|NSsid|SigBlk|SigIgn):", "/proc/self/status");
  const [, pid, session, blocked, ignored] =
    /^Pid:\t(\d+)\nNSsid:\t(\d+)\nSigBlk:\t(\w+)\nSigIgn:\t(\w+)\n$/.exec(status) ?? assert.fail(status);
  assert.equal(session, pid);
  assert.deepEqual([BigInt(`0x${blocked}`), BigInt(`0x${ignored}`)], [0n, 0n]);
});

test("launch() of what cannot be run says so, and leaves nothing open", () => {
  const open = () => readdirSync("/proc/self/fd").length;
  const before = open();
  const launch = (path: string, directory?: string) => () =>
    launcher.launch(path, [], {
      environment,
      descriptors: ["from us", "to us"],
      ...(directory === undefined ? {} : { directory }),
    });
  assert.throws(launch("/no/program"), { message: /^Cannot run \/no\/program: ENOENT/ });
  assert.throws(launch("/etc/passwd"), { message: /^Cannot run \/etc\/passwd: EACCES/ });
  assert.throws(launch("/bin/true", "/no/directory"), {
    message: /^Cannot run \/bin\/true in \/no\/directory: ENOENT/,
  });
  assert.equal(open(), before);
});

test("launch() tells every end of a hundred programs, and leaves Node its own children", async () => {
  const ours = Array.from({ length: 100 }, (_, index) => shell(`exit ${index}`));
  const nodes = Array.from({ length: 5 }, (_, index) =>
    once(spawn("sh", ["-c", `exit ${index}`], { detached: true }), "exit"),
  );
  const ends = await Promise.all(ours.map(outcome));
  assert.deepEqual(
    ends.map(({ end }) => end.exitCode),
    ours.map((_, index) => index),
  );
  assert.deepEqual(
    (await Promise.all(nodes)).map(([code]) => code as number),
    [0, 1, 2, 3, 4],
  );
});

test("a program's output can be read after its end, and what it did not read goes nowhere", async () => {
  const program = shell("echo last; exec <&-; exit 0");
  program.pipes[0].on("error", () => undefined);
  await program.ended;
  await setImmediate();
  assert.equal(program.pipes[0].destroyed, true);
  assert.equal(await text(program.pipes[1]), "last\n");
});

test("a process waits for a program that it has started, even without pipes", async () => {
  const module = JSON.stringify(join(import.meta.dirname, "launcher.ts"));
  const script = `
    const { launcher } = await import(${module});
    const { ended } = launcher.launch("/bin/sleep", ["0.2"], { environment: {}, descriptors: [] });
    console.log(JSON.stringify(await ended));`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  assert.equal(await text(child.stdout), '{"exitCode":0}\n');
});
