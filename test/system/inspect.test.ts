import assert from "node:assert/strict";
import { after, before, beforeEach, test } from "node:test";
import { callApi, clear, refusal } from "../../lab/api.ts";
import { dockerCli } from "../../lab/docker-cli.ts";
import { lacksNewDocker } from "../../lab/docker-version.ts";
import { Host } from "../../lab/host.ts";
import { importBusybox } from "../../lab/images/import-busybox.ts";

const skip = lacksNewDocker();
const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
before(async () => {
  await host.startDaemon();
  await importBusybox(host);
});
beforeEach(() => clear(host));

const { docker } = dockerCli(host);
const inspect = async (name: string, format: string) => docker("inspect", "-f", format, name);

test("LIFE-20 docker inspect has what docker run was given", { skip }, async () => {
  const options = [
    "--stop-signal",
    "INT",
    "--stop-timeout",
    "3",
    "--label",
    "a=b",
    "--annotation",
    "c=d",
    "-w",
    "/tmp",
  ];
  await docker(
    "run",
    "-d",
    "--name",
    "web",
    "--restart",
    "always",
    ...options,
    "busybox",
    "sh",
    "-c",
    "sleep 1000",
    "a b",
  );
  const config = JSON.parse(await inspect("web", "{{json .Config}}"));
  assert.deepEqual(
    [config.StopSignal, config.StopTimeout, config.WorkingDir, config.Labels, config.Cmd],
    ["INT", 3, "/tmp", { a: "b" }, ["sh", "-c", "sleep 1000", "a b"]],
  );
  const shown = JSON.parse(await inspect("web", "{{json .HostConfig}}"));
  assert.deepEqual(
    [shown.Annotations, shown.RestartPolicy, shown.Isolation, shown.CpuPercent],
    [{ c: "d" }, { Name: "always", MaximumRetryCount: 0 }, "", 0],
  );
  assert.equal(await docker("ps", "--no-trunc", "--format", "{{.Command}}"), `"sh -c 'sleep 1000' 'a b'"`);
  assert.equal(
    await inspect("web", '{{.State.Pid | printf "%d" | len | lt 0}} {{.Path}} {{.Args}}'),
    "true sh [-c sleep 1000 a b]",
  );
  const { body } = await callApi<{ Id: string }>(host, "POST", "/containers/web/exec", { Cmd: ["sleep", "1000"] });
  assert.equal(await inspect("web", "{{json .ExecIDs}}"), `["${body.Id}"]`);
});

test("LIFE-21 docker run ends with 127 and 126 in Docker's words, and State.Error keeps them", { skip }, async () => {
  const said = async (name: string, command: string) => {
    const { code, stderr } = await host.docker("run", "--name", name, "busybox", command);
    return [code, stderr.split("\n")[0]];
  };
  const words = "OCI runtime create failed: runc create failed: unable to start container process";
  const missing = await said("none", "nothing");
  assert.equal(missing[0], 127);
  assert.match(
    String(missing[1]),
    new RegExp(
      `^docker: Error response from daemon: .*${words}.*exec: "nothing": executable file not found in \\$PATH: unknown`,
    ),
  );
  assert.match(await inspect("none", "{{.State.Error}}"), new RegExp(`${words}.*: unknown$`));
  assert.equal(await inspect("none", "{{.State.Status}} {{.State.ExitCode}}"), "created 127");
  const denied = await said("denied", "/etc/passwd");
  assert.equal(denied[0], 126);
});

test("LIFE-22 a linked container's variables, and refusals in Docker's words", { skip }, async () => {
  await docker("run", "-d", "--name", "db", "--expose", "6379", "-e", "WORD=x", "busybox", "sleep", "1000");
  const address = await inspect("db", "{{.NetworkSettings.IPAddress}}");
  const env = await docker("run", "--rm", "--name", "web", "--link", "db:data", "busybox", "env");
  for (const line of [`DATA_PORT_6379_TCP_ADDR=${address}`, "DATA_NAME=/web/data", "DATA_ENV_WORD=x"])
    assert.ok(env.split("\n").includes(line), `${line} is not in ${env}`);
  assert.equal(
    await docker("run", "--rm", "--link", "db:data", "busybox", "ping", "-c1", "-W2", "data").then(() => "reached"),
    "reached",
  );
  await docker("run", "-d", "--name", "tied", "--link", "db:data", "busybox", "sleep", "1000");
  const lookUp = async () => (await host.docker("exec", "tied", "nslookup", "data")).code;
  const inHosts = async () => /\tdata /.test(await docker("exec", "tied", "cat", "/etc/hosts"));
  assert.deepEqual([await lookUp(), await inHosts()], [0, true]);
  assert.equal((await host.docker("rm", "--link", "tied/other")).code, 1);
  assert.equal(await docker("rm", "--link", "/tied/data"), "/tied/data");
  assert.deepEqual([await lookUp(), await inHosts()], [1, false]);
  assert.equal(await inspect("tied", "{{json .HostConfig.Links}}"), "null");
  assert.match(await refusal(host, "DELETE", "/containers/tied?link=1"), /^409 cannot remove the default link name/);
  await docker("kill", "db");
  const { stderr } = await host.docker("run", "--rm", "--name", "web", "--link", "db:data", "busybox", "env");
  assert.match(stderr, /Cannot link to a non running container: \/db AS \/web\/data/);
  const id = await inspect("db", "{{.Id}}");
  assert.equal(
    await refusal(host, "POST", "/containers/db/kill"),
    `409 cannot kill container: db: container ${id} is not running`,
  );
});

test("LIFE-22 hosts of a container follows those it is linked to", { skip }, async () => {
  await docker("run", "-d", "--name", "db", "busybox", "sleep", "1000");
  await docker("run", "-d", "--name", "web", "--link", "db:data", "busybox", "sleep", "1000");
  const lines = async () =>
    (await docker("exec", "web", "cat", "/etc/hosts")).split("\n").filter((line) => /\tdata /.test(line));
  const expected = async (name: string) => [
    `${await inspect(name, "{{.NetworkSettings.IPAddress}}")}\tdata ${(await inspect(name, "{{.Id}}")).slice(0, 12)} ${name}`,
  ];
  const [first] = await lines();
  assert.deepEqual([first], await expected("db"));
  await docker("network", "disconnect", "bridge", "db");
  assert.deepEqual(await lines(), []);
  await docker("run", "-d", "--name", "other", "busybox", "sleep", "1000"); // has its address now, or the next
  await docker("network", "connect", "bridge", "db");
  assert.deepEqual(await lines(), await expected("db"));
  assert.notEqual((await lines())[0], first);
  await docker("rename", "db", "base");
  assert.deepEqual(await lines(), await expected("base"));
  assert.equal(await inspect("web", "{{json .HostConfig.Links}}"), '["/base:/web/data"]');
  await docker("restart", "-t", "0", "base");
  assert.deepEqual(await lines(), await expected("base"));
  await docker("rm", "-f", "base");
  assert.deepEqual(await lines(), []);
});

test("LIFE-22 links hold while their container is off the default bridge, also one that is taken away then", {
  skip,
}, async () => {
  await docker("run", "-d", "--name", "db", "busybox", "sleep", "1000");
  await docker("run", "-d", "--name", "other", "busybox", "sleep", "1000");
  const links = ["--link", "db:one", "--link", "db:two", "--link", "db:three"];
  await docker("run", "-d", "--name", "web", "-p", "127.0.0.1::80", ...links, "busybox", "sleep", "1000");
  const inHosts = async () =>
    [...(await docker("exec", "web", "cat", "/etc/hosts")).matchAll(/\t(one|two|three) /g)].map(([, alias]) => alias);
  await docker("network", "disconnect", "bridge", "web");
  assert.deepEqual(await inHosts(), []);
  await host.killDaemon();
  await host.startDaemon();
  await docker("rm", "--link", "web/two");
  assert.equal((await host.docker("rm", "--link", "web/two")).code, 1);
  assert.equal(await inspect("web", "{{json .HostConfig.Links}}"), '["/db:/web/one","/db:/web/three"]');
  await docker("network", "connect", "--link", "other:three", "bridge", "web");
  assert.deepEqual(await inHosts(), ["one", "three"]);
  assert.match(await docker("exec", "web", "cat", "/etc/hosts"), /\tthree .* other$/m);
  await docker("network", "disconnect", "bridge", "web");
  await docker("network", "connect", "bridge", "web");
  assert.deepEqual(await inHosts(), ["one", "three"]);
  await docker("restart", "-t", "0", "web");
  assert.match(await docker("exec", "web", "env"), /^ONE_NAME=\/web\/one$/m);
  await docker("rm", "--link", "web/one");
  assert.deepEqual(await inHosts(), ["three"]);
});

test("LIFE-23 events of a container's life, in Docker's order and with its attributes", { skip }, async () => {
  const since = String(Date.now() / 1000);
  await docker("create", "--name", "web", "--label", "a=b", "busybox", "sleep", "1000");
  for (const verb of ["start", "pause", "unpause"]) await docker(verb, "web");
  await docker("restart", "-t", "0", "web");
  await docker("rename", "web", "site");
  await docker("kill", "-s", "KILL", "site");
  await docker("rm", "site");
  const until = String(Date.now() / 1000);
  const lines = await docker("events", "--since", since, "--until", until, "--format", "{{json .}}");
  const events = lines.split("\n").map((line) => JSON.parse(line));
  const of = (type: string) => events.filter(({ Type }) => Type === type).map(({ Action }) => Action);
  assert.deepEqual(of("container"), [
    ...["create", "start", "pause", "unpause"],
    ...["kill", "kill", "die", "stop", "start", "restart"].slice(of("container")[5] === "kill" ? 0 : 1),
    ...["rename", "kill", "die", "destroy"],
  ]);
  assert.deepEqual(of("network"), ["connect", "disconnect", "connect", "disconnect"]);
  const rename = events.find(({ Action }) => Action === "rename");
  assert.deepEqual(rename.Actor.Attributes, { a: "b", image: "busybox", name: "site", oldName: "/web" });
  const die = events.findLast(({ Action }) => Action === "die");
  assert.deepEqual(
    [die.Actor.Attributes.exitCode, die.status, die.from, die.id],
    ["137", "die", "busybox", die.Actor.ID],
  );
  assert.equal(
    await docker(
      "events",
      "--since",
      since,
      "--until",
      until,
      "--filter",
      "event=die",
      "--filter",
      "container=site",
      "--format",
      "{{.Action}}",
    ),
    "die",
  );
  assert.equal(
    (
      await docker(
        "events",
        "--since",
        since,
        "--until",
        until,
        "--filter",
        "image=busybox",
        "--filter",
        "type=container",
        "--format",
        "{{.Action}}",
      )
    ).split("\n").length,
    of("container").length,
  );
});

test("LIFE-24 docker inspect tells where a container's files are, and what is hidden from it and read-only", async () => {
  await docker("run", "-d", "--name", "box", "busybox", "sleep", "1000");
  await docker("exec", "box", "sh", "-c", "echo x > /written");
  interface Shown {
    readonly GraphDriver: {
      readonly Data: Readonly<Record<"LowerDir" | "MergedDir" | "UpperDir" | "WorkDir", string>>;
    };
    readonly HostConfig: { readonly MaskedPaths: string[] | null; readonly ReadonlyPaths: string[] | null };
  }
  const { GraphDriver, HostConfig } = JSON.parse(await inspect("box", "{{json .}}")) as Shown;
  const { LowerDir, MergedDir, UpperDir, WorkDir } = GraphDriver.Data;
  await host.run("test", "-s", `${UpperDir}/written`);
  await host.run(
    "test",
    "-f",
    `${LowerDir.split(":")[0]}/bin/busybox`,
    "-a",
    "-f",
    `${MergedDir}/written`,
    "-a",
    "-d",
    WorkDir,
  );
  assert.ok(HostConfig.MaskedPaths?.includes("/proc/kcore"));
  assert.deepEqual(HostConfig.ReadonlyPaths?.includes("/proc/sys"), true);
  await docker("create", "--name", "free", "--privileged", "busybox", "true");
  assert.equal(
    await inspect("free", "{{json .HostConfig.MaskedPaths}} {{json .HostConfig.ReadonlyPaths}}"),
    "null null",
  );
  await docker("create", "--name", "open", "--security-opt", "systempaths=unconfined", "busybox", "true");
  assert.equal(await inspect("open", "{{json .HostConfig.MaskedPaths}}"), "[]");
});

test("LIFE-26 docker ps finds containers by any name of their image", { skip }, async () => {
  await docker("tag", "busybox:latest", "other:name");
  await docker("run", "-d", "--name", "one", "busybox", "sleep", "60");
  for (const ancestor of ["busybox", "busybox:latest", "other:name"])
    assert.equal(await docker("ps", "--filter", `ancestor=${ancestor}`, "--format", "{{.Names}}"), "one", ancestor);
  assert.equal(await docker("ps", "-q", "--filter", "ancestor=nothing"), "");
  await docker("rmi", "other:name");
});

test("CONF-12 the group of a user is among its groups, in exec too", { skip }, async () => {
  assert.equal(
    await docker("run", "--rm", "-u", "12:34", "busybox", "grep", "Groups", "/proc/self/status"),
    "Groups:\t34",
  );
  await docker("run", "-d", "--name", "one", "busybox", "sleep", "60");
  assert.equal(await docker("exec", "-u", "12:56", "one", "grep", "Groups", "/proc/self/status"), "Groups:\t56");
});
