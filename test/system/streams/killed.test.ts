import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear } from "../../../lab/api.ts";
import { TerminalSession } from "../../../lab/terminal-session.ts";
import { residueOf } from "../traffic/residue.ts";
import { docker, shell, streamsHost } from "./streams-host.ts";

const host = await streamsHost();
after(() => host[Symbol.asyncDispose]());
afterEach(() => clear(host));

const prompt = /[#] [^\n#]*$/;

test("STR-16 a daemon that is killed loses no line and no exit code, also of a log that is begun anew", async () => {
  const writer =
    "i=0; while [ $i -lt 3000 ]; do i=$((i+1)); echo line $i; [ $((i%100)) = 0 ] && sleep 0.1; done; exit 17";
  const limits = ["--log-opt", "max-size=8k", "--log-opt", "max-file=100"];
  await docker(host, "run", "-d", "--name", "plain", "busybox", "sh", "-c", writer);
  await docker(host, "run", "-d", "--name", "limited", ...limits, "busybox", "sh", "-c", writer);
  const following = shell(host, "docker logs -f plain");
  await shell(host, "until docker logs plain | grep -q 'line 300$'; do sleep 0.1; done");
  await host.killDaemon();
  const cut = await following;
  assert.match(cut.stdout, /^line 1\n(line \d+\n)*$/);
  await host.startDaemon();
  assert.equal(await docker(host, "wait", "plain", "limited"), "17\n17");
  const all = Array.from({ length: 3000 }, (_, index) => `line ${index + 1}`).join("\n");
  for (const name of ["plain", "limited"]) assert.equal(await docker(host, "logs", name), all, name);
});

test("STR-17 a terminal outlives the daemon: it can be attached to again, and typed at", async () => {
  await using first = TerminalSession.docker(host, "run", "-it", "--name", "shell", "busybox", "sh");
  await first.until(prompt);
  await first.say("x=kept", prompt);
  await host.killDaemon();
  assert.notEqual(await first.code, 0, "its client hears of the end");
  await host.startDaemon();
  await using second = TerminalSession.docker(host, "attach", "shell");
  await second.say("echo $x", "kept\r\n");
  second.type("exit 3\r");
  assert.equal(await second.code, 3);
});

test("STR-18 a pipe outlives the daemon: its input is no more at its end than before", async () => {
  const first = shell(
    host,
    "(echo one; sleep 1000) | docker run -i --name reader busybox sh -c 'while read x; do echo got $x; done; echo end'",
  );
  await shell(host, "until docker logs reader 2>&1 | grep -q one; do sleep 0.1; done");
  const waiting = shell(host, "docker wait reader");
  await host.killDaemon();
  assert.notEqual((await waiting).code, 0, "who waits gets an error");
  await host.startDaemon();
  assert.equal(await docker(host, "inspect", "-f", "{{.State.Status}}", "reader"), "running");
  assert.equal((await shell(host, "echo two | docker attach reader")).code, 0);
  assert.equal(await docker(host, "logs", "reader"), "got one\ngot two\nend");
  await host.run("sh", "-c", "pkill -f '^sleep 1000' || true");
  await first;
});

test("STR-19 a process run with exec goes on when the daemon is killed, without its streams", async () => {
  await docker(host, "run", "-d", "--name", "box", "busybox", "sleep", "1000");
  await docker(host, "exec", "-d", "box", "sh", "-c", "sleep 2; echo done > /done");
  const attached = shell(host, "docker exec box sleep 3000");
  await shell(host, "until docker exec box ps | grep -q 'sleep 3000'; do sleep 0.1; done");
  await host.killDaemon();
  assert.notEqual((await attached).code, 0);
  await host.startDaemon();
  const { stdout } = await shell(
    host,
    "until docker exec box cat /done; do sleep 0.2; done; docker exec box ps | grep -c 'sleep 3000'",
  );
  assert.match(stdout, /^done\n[1-9]/);
});

test("STR-24 an exec at a terminal goes on when the daemon is killed, and goes with its container", async () => {
  await docker(host, "run", "-d", "--name", "box", "busybox", "sleep", "1000");
  const counting = "echo ready; i=0; while :; do i=$((i+1)); echo $i; echo $i > /count; sleep 0.1; done";
  await using session = TerminalSession.docker(host, "exec", "-it", "box", "sh", "-c", counting);
  await session.until("ready\r\n");
  await host.killDaemon();
  assert.notEqual(await session.code, 0, "its client hears of the end");
  await host.startDaemon();
  const counted = Number(await docker(host, "exec", "box", "cat", "/count"));
  await shell(host, `until [ $(docker exec box cat /count) -gt ${counted + 5} ]; do sleep 0.1; done`);
  await docker(host, "rm", "-f", "box");
  assert.deepEqual(residueOf(host), { namespaces: [], mounts: [], monitors: [], cgroups: [], runs: [], kept: [] });
});
