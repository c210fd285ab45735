import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, realpathSync, rmSync } from "node:fs";
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
  assert.deepEqual(await program.ended, { signal: "SIGABRT" });
  program.kill("SIGKILL"); // its pid may be another's by now
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
  const nodes = Array.from({ length: 5 }, (_, index) => once(spawn("sh", ["-c", `exit ${index}`]), "exit"));
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
