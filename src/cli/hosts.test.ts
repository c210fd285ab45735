import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { clusterStatus } from "./commands/cluster-status.ts";
import { main } from "./main.ts";
import { FakeDaemon } from "./testing/fake-daemon.ts";
import { testTerminal } from "./testing/test-terminal.ts";

let daemon: FakeDaemon;
before(async () => {
  daemon = await FakeDaemon.start();
});
after(() => daemon[Symbol.asyncDispose]());

async function run(...argv: string[]) {
  const out = testTerminal();
  const exitCode = await main(["-H", daemon.host, ...argv], out);
  const requests = daemon.take().map(({ method, path, body }) => [method, path, body]);
  return { exitCode, ...out.written, requests };
}

const [box, crate] = ["1".repeat(64), "23".repeat(32)];

test("host ls shows every host, with a * for the one that answers", async () => {
  const { stdout, exitCode } = await run("host", "ls");
  assert.equal(exitCode, 0);
  assert.deepEqual(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => line.split(/ {2,}/)),
    [
      ["ID", "NAME", "ADDRESS", "STATE", "SINCE", "VERSION", "EPOCH", "DRAINED"],
      ["1".repeat(12), "box *", "10.0.0.1", "live", "2 hours ago", "0.1.0", "3", "no"],
      ["23".repeat(6), "crate", "10.0.0.2", "unknown", "1", "yes"],
    ],
  );
});

test("host ls takes -q, --no-trunc, --format json and templates, in which the name is the name alone", async () => {
  assert.equal((await run("host", "ls", "-q")).stdout, `${"1".repeat(12)}\n${"23".repeat(6)}\n`);
  assert.equal((await run("host", "list", "-q", "--no-trunc")).stdout, `${box}\n${crate}\n`);
  const lines = (await run("host", "ls", "--format", "json")).stdout.trimEnd().split("\n");
  const { SinceAt, CreatedAt, ...first } = JSON.parse(lines[0] ?? "") as Record<string, string>;
  assert.match(SinceAt ?? "", /^\d{4}-.*Z$/);
  assert.deepEqual([lines.length, CreatedAt], [2, "2026-01-01T00:00:00.000Z"]);
  assert.deepEqual(first, {
    ...{ ID: "1".repeat(12), Self: "*", Name: "box", Address: "10.0.0.1", State: "live", Since: "2 hours ago" },
    ...{ Version: "0.1.0", Epoch: "3", Drained: "no", Seen: "90", Lag: "7" },
  });
  const template = "{{.Name}} {{.State}} {{.Lag}}";
  assert.equal((await run("host", "ls", "--format", template)).stdout, "box live 7\ncrate unknown \n");
});

test("host inspect shows all the daemon says, and goes on after a host that is not there", async () => {
  const { stdout, stderr, exitCode } = await run("host", "inspect", "missing", "box");
  const [found, ...others] = JSON.parse(stdout) as Record<string, unknown>[];
  assert.deepEqual([found?.["id"], found?.["seen"], found?.["lag"], others], [box, 90, 7, []]);
  assert.equal(exitCode, 1);
  assert.equal(stderr, "Error response from daemon: host missing not found in the cluster: known are box, crate\n");
  assert.equal((await run("host", "inspect", "-f", "{{.name}} {{.epoch}}", "box")).stdout, "box 3\n");
});

test("host rm removes each host, and goes on after one that is refused", async () => {
  const { requests, stdout, stderr, exitCode } = await run("host", "rm", "box", "crate");
  assert.deepEqual(requests, [
    ["DELETE", "/fairlead/hosts/box", undefined],
    ["DELETE", "/fairlead/hosts/crate", undefined],
  ]);
  assert.deepEqual([stdout, exitCode], ["crate\n", 1]);
  assert.equal(stderr, "Error response from daemon: Cannot remove host box: its daemon is there\n");
});

test("host drain drains a host, and --off takes it back", async () => {
  const [on, off] = [await run("host", "drain", "crate"), await run("host", "drain", "--off", "crate")];
  assert.deepEqual(
    [on, off].map(({ requests, stdout }) => [requests, stdout]),
    [true, false].map((drained) => [[["POST", "/fairlead/hosts/crate/drain", { drained }]], "crate\n"]),
  );
});

test("cluster status says what is the matter since when, and warns on stderr", async () => {
  const { stdout, stderr, exitCode } = await run("cluster", "status");
  assert.deepEqual([exitCode, stderr], [0, "WARNING: the database is almost full\n"]);
  assert.equal(
    stdout,
    `Cluster:
 State:  away, for 5 minutes
 Why:    10.0.0.1:2379 does not answer
 Hosts:  1 live, 1 unknown when it was last heard

Store:
 Address:   etcd://10.0.0.1:2379/fairlead
 Version:   etcd 3.5.16
 Leader:    a at 10.0.0.1:2379
 Member:    10.0.0.2:2379
 Revision:  120

This host:
 Name:             box (111111111111)
 Address:          10.0.0.1
 Epoch:            3
 Revision seen:    90, 7 behind
 Changes waiting:  2
 Outages:          4
`,
  );
});

test("cluster status of a host that is alone says so", async () => {
  const out = testTerminal();
  const found = { address: "embedded", version: "embedded", members: [], warnings: [], revision: 4 };
  const status = {
    store: found,
    host: { name: "box", id: box, address: "", epoch: 1 },
    hosts: { live: 1, unknown: 0 },
  };
  const cluster = {
    status: async () => ({ ...status, state: "connected", connected: true, why: "", since: "", seen: 3, waiting: 0 }),
  };
  await clusterStatus.run({ options: { format: "" }, client: { cluster }, out } as never);
  assert.match(
    out.written.stdout,
    /\nStore:\n Address: {3}embedded: this host is alone\n Revision: {2}4\n\nThis host:/,
  );
  assert.match(out.written.stdout, /\n Address: {10}-\n/);
});

test("cluster status takes --format json and templates", async () => {
  const found = JSON.parse((await run("cluster", "status", "--format", "json")).stdout) as { store: object };
  assert.equal(Object.keys(found.store).length, 5);
  assert.equal((await run("cluster", "status", "-f", "{{.state}} {{.hosts.live}}")).stdout, "away 1\n");
});
