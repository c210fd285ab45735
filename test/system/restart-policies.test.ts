import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { callApi, clear, refusal } from "../../lab/api.ts";
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
  events = await EventLog.open(client);
});
beforeEach(() => clear(host));

const { docker } = dockerCli(host);
const inspect = (name: string, format: string) => docker("inspect", "-f", format, name);
const summary = (name: string) =>
  inspect(name, "{{.State.Status}} {{.State.Running}} {{.State.Restarting}} {{.State.ExitCode}} {{.RestartCount}}");

test("LIFE-1 on-failure:2 restarts twice, then gives up; inspect shows the policy and the count", async () => {
  await docker("run", "-d", "--name", "web", "--restart", "on-failure:2", "busybox", "sh", "-c", "echo run; exit 3");
  for (let run = 0; run < 3; run++) await events.next("die", "web");
  assert.equal(await docker("wait", "web"), "3");
  assert.equal(await summary("web"), "exited false false 3 2");
  assert.equal(
    await inspect("web", "{{json .HostConfig.RestartPolicy}}"),
    '{"Name":"on-failure","MaximumRetryCount":2}',
  );
  assert.equal(await docker("logs", "web"), "run\nrun\nrun");
});

test("LIFE-3 ps shows who waits; stop, exec, rm and start find it restarting", async () => {
  await docker("run", "-d", "--name", "web", "--restart", "always", "busybox", "false");
  for (let run = 0; run < 6; run++) await events.next("die", "web"); // the wait is 3.2 s now
  assert.match(
    await docker("ps", "--format", "{{.Names}} {{.State}} {{.Status}}"),
    /^web restarting Restarting \(1\) .* ago$/,
  );
  assert.equal(
    await docker("ps", "-q", "--no-trunc", "--filter", "status=restarting"),
    await inspect("web", "{{.Id}}"),
  );
  assert.equal(await summary("web"), "restarting true true 1 6");
  assert.match(
    await refusal(host, "DELETE", "/containers/web"),
    /^409 cannot remove container "\/web": container is restarting: stop the/,
  );
  assert.match(
    await refusal(host, "POST", "/containers/web/exec", { Cmd: ["true"] }),
    /^409 Container .* is restarting, wait/,
  );
  assert.equal(await refusal(host, "POST", "/containers/web/start"), "304 ");
  await docker("stop", "web");
  assert.equal(await summary("web"), "exited false false 1 6");
});

test("LIFE-6 the daemon is killed between end and restart: the next one starts the container", async () => {
  await docker("network", "create", "lan");
  const options = ["--network", "lan", "--restart", "always", "-p", "8080:80"];
  await docker("run", "-d", "--name", "web", ...options, "busybox", "sh", "-c", "sleep 0.1; exit 4");
  for (let run = 0; run < 3; run++) await events.next("die", "web");
  const address = await inspect("web", "{{json .NetworkSettings.Networks.lan.IPAMConfig}}{{.HostConfig.PortBindings}}");
  await host.killDaemon();
  await host.startDaemon();
  events = await EventLog.open(client);
  await events.next("die", "web");
  assert.equal(
    await inspect("web", "{{json .NetworkSettings.Networks.lan.IPAMConfig}}{{.HostConfig.PortBindings}}"),
    address,
  );
  assert.ok(Number(await inspect("web", "{{.RestartCount}}")) >= 3);
});

test("LIFE-6, LIFE-7 what ended while the daemon was away starts again; what the user stopped only with always", async () => {
  const run = (name: string, policy: string) =>
    docker("run", "-d", "--name", name, "--restart", policy, "busybox", "sleep", "1000");
  for (const [name, policy] of [
    ["ends", "unless-stopped"],
    ["runs", "always"],
    ["stopped", "unless-stopped"],
    ["again", "always"],
  ] as const)
    await run(name, policy);
  await docker(
    "run",
    "-d",
    "--name",
    "joins",
    "--network",
    "container:again",
    "--restart",
    "always",
    "busybox",
    "sleep",
    "1000",
  );
  await docker("kill", "joins", "stopped", "again");
  const pids = await inspect("runs", "{{.State.Pid}}");
  const gone = await inspect("ends", "{{.State.Pid}}");
  await host.killDaemon();
  await host.run("kill", "-KILL", gone);
  await host.startDaemon();
  const started = new Set<string>();
  for await (const event of await client.system.events({ since: "1" })) {
    if (event.Action === "start") started.add(event.Actor.Attributes?.["name"] ?? "");
    if (["ends", "again", "joins"].every((name) => started.has(name))) break;
  }
  assert.deepEqual([...started].sort(), ["again", "ends", "joins"]);
  assert.equal(await inspect("stopped", "{{.State.Status}}"), "exited");
  assert.equal(await inspect("runs", "{{.State.Pid}}"), pids);
  events = await EventLog.open(client);
});

test("LIFE-9 policies that Docker refuses are refused in its words", async () => {
  const create = (HostConfig: object) => refusal(host, "POST", "/containers/create", { Image: "busybox", HostConfig });
  const policy = (Name: string, MaximumRetryCount = 0) => create({ RestartPolicy: { Name, MaximumRetryCount } });
  assert.deepEqual(await Promise.all([policy("often"), policy("always", 3), policy("on-failure", -1)]), [
    "400 invalid restart policy: unknown policy 'often'; use one of 'no', 'always', 'on-failure', or 'unless-stopped'",
    "400 invalid restart policy: maximum retry count can only be used with 'on-failure'",
    "400 invalid restart policy: maximum retry count cannot be negative",
  ]);
  assert.equal(
    await create({ AutoRemove: true, RestartPolicy: { Name: "always" } }),
    "400 can't create 'AutoRemove' container with restart policy",
  );
  const { body } = await callApi<unknown[]>(host, "GET", "/containers/json?all=1");
  assert.deepEqual(body, []);
});
