import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { clear, refusal } from "../../lab/api.ts";
import { dockerCli } from "../../lab/docker-cli.ts";
import { EventLog } from "../../lab/event-log.ts";
import { Host } from "../../lab/host.ts";
import { importBusybox } from "../../lab/images/import-busybox.ts";
import { Client } from "../../src/client/client.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
const client = new Client({ kind: "unix", path: host.pathOf(host.socket), text: host.socket });
let events: EventLog;

before(async () => {
  await host.startDaemon();
  await importBusybox(host);
});
beforeEach(async () => {
  await clear(host);
  events = await EventLog.open(client);
});

const { docker } = dockerCli(host);

interface State {
  readonly Status: string;
  readonly FailingStreak: number;
  readonly Log: { readonly ExitCode: number; readonly Output: string; readonly Start: string; readonly End: string }[];
}
const health = async () => JSON.parse(await docker("inspect", "-f", "{{json .State.Health}}", "web")) as State;
const run = (command: string, ...options: string[]) =>
  docker(
    "run",
    "-d",
    "--name",
    "web",
    "--health-cmd",
    command,
    "--health-interval",
    "200ms",
    ...options,
    "busybox",
    "sleep",
    "1000",
  );

test("LIFE-14 a check with the container's environment, user and directory makes it healthy, then unhealthy", async () => {
  const asks = 'echo "$WORD $(id -u) $PWD"; test ! -e /tmp/sick';
  await run(asks, "--health-retries", "2", "-e", "WORD=hello", "-u", "1000", "-w", "/tmp");
  assert.match(await docker("ps", "--format", "{{.Status}}"), /^(Up|Less).* \(health: starting\)$/);
  await events.next("health_status: healthy", "web");
  assert.match(await docker("ps", "--filter", "health=healthy", "--format", "{{.Status}}"), /^Up .* \(healthy\)$/);
  assert.equal((await health()).Log.at(-1)?.Output, "hello 1000 /tmp\n");
  await docker("exec", "web", "touch", "/tmp/sick");
  await events.next("health_status: unhealthy", "web");
  const { Status, FailingStreak, Log } = await health();
  assert.deepEqual([Status, FailingStreak >= 2, Log.at(-1)?.ExitCode], ["unhealthy", true, 1]);
  assert.equal(await docker("ps", "-q", "--filter", "health=none"), "");
  const seen = events.actions("web");
  const first = seen.indexOf(`exec_create: /bin/sh -c ${asks}`);
  assert.deepEqual(seen.slice(first, first + 4), [
    `exec_create: /bin/sh -c ${asks}`,
    `exec_start: /bin/sh -c ${asks}`,
    "exec_die",
    "health_status: healthy",
  ]);
});

test("LIFE-16 a probe that takes too long is killed", async () => {
  await run("echo begun; exec sleep 100", "--health-timeout", "300ms", "--health-retries", "1");
  await events.next("health_status: unhealthy", "web");
  const { Log } = await health();
  assert.deepEqual([Log[0]?.ExitCode, Log[0]?.Output], [-1, "Health check exceeded timeout (300ms): begun\n"]);
  // The next one runs; what was killed is gone.
  await events.next("exec_start: /bin/sh -c echo begun; exec sleep 100", "web");
  const left = (await docker("exec", "web", "ps")).split("\n").filter((line) => line.endsWith("sleep 100"));
  assert.ok(left.length <= 1, left.join());
});

test("LIFE-17 checks rest while a container is paused, and go on in the next daemon, killed during a probe", async () => {
  await run("usleep 100000; test ! -e /tmp/sick", "--health-retries", "1");
  await events.next("health_status: healthy", "web");
  await docker("pause", "web");
  await docker("unpause", "web");
  await events.next("exec_start: /bin/sh -c usleep 100000; test ! -e /tmp/sick", "web");
  await host.killDaemon();
  await host.startDaemon();
  assert.equal((await health()).Status, "healthy");
  events = await EventLog.open(client);
  await docker("exec", "web", "touch", "/tmp/sick");
  await events.next("health_status: unhealthy", "web");
  await docker("stop", "-t", "0", "web");
  assert.equal((await health()).Status, "unhealthy");
});

test("LIFE-19 no check is made with NONE, and what Docker refuses is refused in its words", async () => {
  await docker("run", "-d", "--name", "none", "--no-healthcheck", "busybox", "sleep", "1000");
  assert.equal(
    await docker("ps", "-q", "--no-trunc", "--filter", "health=none"),
    await docker("inspect", "-f", "{{.Id}}", "none"),
  );
  const create = (Healthcheck: object) =>
    refusal(host, "POST", "/containers/create", { Image: "busybox", Healthcheck });
  assert.deepEqual(
    await Promise.all([create({ Interval: 1 }), create({ StartPeriod: 999_999 }), create({ Retries: -1 })]),
    [
      "400 Interval in Healthcheck cannot be less than 1ms",
      "400 StartPeriod in Healthcheck cannot be less than 1ms",
      "400 Retries in Healthcheck cannot be negative",
    ],
  );
});
