import assert from "node:assert/strict";
import { statSync } from "node:fs";
import { after, before, test } from "node:test";
import { Host } from "../../lab/host.ts";
import { checkout, ending, lineOf } from "../../lab/process.ts";
import { Client } from "../../src/client/client.ts";
import { body } from "./traffic/load.ts";

let host: Host;
let client: Client;

before(async () => {
  host = await Host.create();
  client = new Client({ kind: "unix", path: host.pathOf(host.socket), text: host.socket });
  await host.startDaemon();
  await host.run("mkdir", `${host.folder}/word`);
});
after(() => host?.[Symbol.asyncDispose]());

/** Ends with the code once somebody has given the word. */
const waiting = (word: string, code: number) => [
  "sh",
  "-c",
  `echo waiting; until [ -e /word/${word} ]; do sleep 0.02; done; echo ending; exit ${code}`,
];
const start = async (name: string, command: readonly string[], more: object = {}) => {
  await client.containers.create(name, body("bridge", command, { Binds: [`${host.folder}/word:/word`], ...more }));
  await client.containers.start(name);
};
const give = (word: string) => host.run("touch", `${host.folder}/word/${word}`);
const stateOf = async (name: string) => {
  const { Status, ExitCode } = (await client.containers.inspect(name)).State;
  return [Status, ExitCode];
};
const idOf = async (name: string) => (await client.containers.inspect(name)).Id;
const pidOf = (name: string) => host.fairlead("inspect", name, "--format", "{{.State.Pid}}");

for (const signal of ["SIGKILL", "SIGTERM"] as const) {
  test(`CTR-4 containers, logs and exit codes outlive a daemon that is ended by ${signal}`, async () => {
    const word = (name: string) => `${name}-${signal}`;
    await start(word("stays"), ["sh", "-c", "echo waiting; trap 'exit 9' TERM; while :; do sleep 0.02; done"]);
    await start(word("ends"), waiting(word("away"), 7));
    await start(word("passes"), waiting(word("away"), 8), { AutoRemove: true });
    await start(word("later"), waiting(word("back"), 6));
    const pid = await pidOf(word("stays"));
    const waits = host.cli("wait", word("ends"));
    const follows = host.cli("logs", "-f", word("ends"));
    const registered = await client.containers.wait(word("ends"));
    const ids = await Promise.all([word("ends"), word("passes")].map(idOf));
    await host.killDaemon(signal);
    await assert.rejects(registered.exit, /the daemon (closed|is ending)/);
    const wait = await waits;
    assert.deepEqual([wait.code, wait.stdout], [1, ""]);
    assert.match(wait.stderr, /daemon|connect/i);
    assert.doesNotMatch(wait.stderr, /\n\s+at /, "no stack trace");
    assert.match((await follows).stdout, /^(waiting\n)?$/);
    await give(word("away"));
    for (const id of ids) await ended(id);
    await host.startDaemon();
    assert.deepEqual(await stateOf(word("ends")), ["exited", 7]);
    assert.equal(await host.fairlead("wait", word("ends")), "7");
    assert.equal(await host.fairlead("logs", word("ends")), "waiting\nending");
    await assert.rejects(client.containers.inspect(word("passes")), /No such container/i);
    assert.deepEqual([await pidOf(word("stays")), ...(await stateOf(word("stays")))], [pid, "running", 0]);
    const exit = await client.containers.wait(word("later"));
    await give(word("back"));
    assert.equal(await exit.exit, 6);
    await client.containers.stop(word("stays"), { t: 10 });
    assert.deepEqual(await stateOf(word("stays")), ["exited", 9]);
    assert.equal(await host.fairlead("logs", word("stays")), "waiting");
  });
}

/** conmon writes the end down, daemon or no daemon, and then ends itself. */
async function ended(id: string): Promise<void> {
  await host.run("sh", "-c", `while pgrep -f '[c]onmon.*--cid ${id}' >/dev/null; do sleep 0.02; done`);
}

test("API-4 the socket has mode 0660", () => {
  assert.equal(statSync(host.pathOf(host.socket)).mode & 0o777, 0o660);
});

test("API-4 a second daemon on the same data root is refused, and the first goes on", async () => {
  const flags = [
    "--data-root",
    `${host.folder}/data`,
    "--exec-root",
    `${host.folder}/run2`,
    "--pidfile",
    `${host.folder}/pid2`,
  ];
  const second = await host.exec([
    `${checkout}/fairlead`,
    "daemon",
    "--host",
    `unix://${host.folder}/2.sock`,
    ...flags,
  ]);
  assert.equal(second.code, 1);
  assert.match(second.stderr, /fairlead[.]db.*process \d+/);
  assert.match(await host.fairlead("network", "ls", "-q"), /^[0-9a-f]{12}$/m);
});

test("API-4 two daemons run side by side in two network namespaces, with the same addresses and ports", async () => {
  const folder = `${host.folder}/second`;
  const socket = `unix://${folder}/sock`;
  const flags = ["--data-root", `${folder}/data`, "--exec-root", `${folder}/run`, "--pidfile", `${folder}/pid`];
  await host.run("ip", "netns", "add", "second");
  const inSecond = (...argv: string[]) => ["nsenter", "--net=/run/netns/second", ...argv];
  await host.run(...inSecond("ip", "link", "set", "lo", "up"));
  const daemon = host.spawn(inSecond(`${checkout}/fairlead`, "daemon", "--host", socket, ...flags));
  await lineOf(daemon, /"msg":"ready"/, "the second daemon");
  const second = (...argv: string[]) => host.run(`${checkout}/fairlead`, "--host", socket, ...argv);
  const first = (...argv: string[]) => host.fairlead(...argv);
  for (const [fairlead, word] of [
    [first, "first"],
    [second, "second"],
  ] as const) {
    await fairlead("network", "create", "--subnet", "10.77.0.0/24", "same");
    const serve = ["socat", "TCP-LISTEN:80,fork,reuseaddr", `SYSTEM:echo ${word}`];
    await fairlead("run", "-d", "--name", "web", "--network", "same", "-p", "8080:80", "--rootfs", "host", ...serve);
  }
  const ask = ["bash", "-c", "until exec 3<>/dev/tcp/127.0.0.1/8080; do sleep 0.02; done 2>/dev/null; head -n 1 <&3"];
  assert.equal(await host.run(...ask), "first\n");
  assert.equal(await host.run(...inSecond(...ask)), "second\n");
  await second("system", "reset", "--force");
  await ending(daemon);
  assert.equal(await host.run(...ask), "first\n");
  assert.deepEqual(JSON.parse(await host.fairlead("repair", "--dry-run", "--format", "json")).differences, []);
  await first("rm", "-f", "web");
  await host.run("ip", "netns", "delete", "second");
});

test("DNS-9 a container's hosts file that a killed daemon did not come to change follows at the next start", async () => {
  await start("named", ["sleep", "1000"]);
  const lines = async () => (await host.fairlead("exec", "named", "cat", "/etc/hosts")).split("\n").sort();
  const before = await lines();
  const [address, file] = await Promise.all(
    ["{{.NetworkSettings.Networks.bridge.IPAddress}}", "{{.HostsPath}}"].map((format) =>
      host.fairlead("inspect", "named", "--format", format),
    ),
  );
  await host.killDaemon();
  for (const path of [file, `${file}.ours`])
    await host.run("sh", "-c", `left=$(grep -v '^${address}\t' ${path}); echo "$left" >${path}`);
  await host.startDaemon();
  assert.deepEqual(await lines(), before);
  await host.fairlead("rm", "-f", "named");
});
