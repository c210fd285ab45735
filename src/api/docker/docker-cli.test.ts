import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { test } from "node:test";
import { promisify } from "node:util";
import { testApi } from "../testing/api.ts";
import { plainConfig } from "../testing/plain.ts";
import { echoSession } from "../testing/sessions.ts";
import { listen } from "../testing/socket.ts";

const run = promisify(execFile);

function missingCli(): string | false {
  try {
    execFileSync("docker", ["--version"], { stdio: "ignore" });
    return false;
  } catch {
    return "the docker CLI is not installed";
  }
}

const skip = missingCli();

/** The unmodified docker CLI on the fake engine: what it prints, its error output, and its exit code. */
async function docker(path: string, ...argv: string[]): Promise<{ out: string; err: string; code: number }> {
  const env = { ...process.env, DOCKER_CONFIG: "/nonexistent", DOCKER_CLI_HINTS: "false" };
  try {
    const { stdout, stderr } = await run("docker", ["-H", `unix://${path}`, ...argv], { env });
    return { out: stdout.trim(), err: stderr.trim(), code: 0 };
  } catch (error) {
    const { stdout, stderr, code } = error as { stdout: string; stderr: string; code: number };
    return { out: stdout.trim(), err: stderr.trim(), code };
  }
}

test("docker network create, ls, inspect, connect, disconnect, rm and prune read our answers", { skip }, async () => {
  await using api = testApi();
  await using served = await listen(api);
  const cli = (...argv: string[]) => docker(served.path, "network", ...argv);
  await api.engine.containers.create({ name: "c1", config: plainConfig, endpoints: [] });
  await api.engine.containers.start("c1");
  const { out: id } = await cli("create", "--subnet", "10.5.0.0/24", "--gateway", "10.5.0.1", "--label", "a=b", "web");
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.equal(
    (await cli("ls", "--format", "{{.Name}} {{.Driver}}")).out,
    "bridge bridge\nhost host\nnone null\nweb bridge",
  );
  assert.equal((await cli("connect", "--alias", "front", "web", "c1")).code, 0);
  const format =
    "{{range .Containers}}{{.Name}} {{.IPv4Address}}{{end}} {{(index .IPAM.Config 0).Gateway}} {{.Labels.a}}";
  assert.equal((await cli("inspect", "-f", format, "web")).out, "c1 10.5.0.2/16 10.5.0.1 b");
  assert.equal((await cli("disconnect", "web", "c1")).code, 0);
  assert.deepEqual(await cli("disconnect", "web", "c1"), {
    out: "",
    err: "Error response from daemon: container c1 is not connected to network web",
    code: 1,
  });
  assert.deepEqual(await cli("rm", "web"), { out: "web", err: "", code: 0 });
  assert.match((await cli("rm", "bridge")).err, /bridge is a pre-defined network and cannot be removed/);
  await cli("create", "db");
  assert.equal((await cli("prune", "-f")).out, "Deleted Networks:\ndb");
  assert.equal((await cli("ls", "--filter", "foo=bar")).err, "Error response from daemon: invalid filter 'foo'");
});

test("docker network ls and inspect read networks of a cluster, with endpoints and hosts elsewhere", {
  skip,
}, async () => {
  await using api = testApi();
  await using served = await listen(api);
  const cli = (...argv: string[]) => docker(served.path, "network", ...argv);
  const { hostId, all } = api.engine.cluster;
  await cli("create", "-d", "overlay", "--scope", "global", "--subnet", "10.0.9.0/24", "wide");
  const remote = { endpointId: "8".repeat(64), containerId: "c".repeat(64), container: "db", names: ["db"] };
  api.engine.shared.set("wide", {
    remotes: [{ ...remote, networkId: "", mac: "02:00:00:00:00:09", hostId: all[1]?.id ?? "", ipv4: "10.0.9.9" }],
    peers: all.filter(({ id, name }) => id === hostId || name === "next"),
  });
  const format = "{{range $id, $one := .Containers}}{{$id}} {{$one.Name}} {{$one.IPv4Address}}{{end}}";
  assert.equal((await cli("inspect", "-f", format, "wide")).out, `ep-${remote.endpointId} db 10.0.9.9/24`);
  assert.equal(
    (await cli("inspect", "-f", "{{range .Peers}}{{.Name}}={{.IP}} {{end}}", "wide")).out,
    "lab=10.0.0.1 next=10.0.0.2",
  );
  const [whole] = JSON.parse((await cli("inspect", "wide")).out);
  assert.equal(whole.Containers[`ep-${remote.endpointId}`].Host, "next");
  await cli("ls", "--filter", "scope=global");
  assert.deepEqual(api.engine.calls.at(-1), ["networks.list", { scope: ["global"] }]);
});

test("docker events prints events of the cluster, alone when asked to, and as JSON", { skip }, async () => {
  await using api = testApi();
  await using served = await listen(api);
  const [id, address] = ["d".repeat(64), "10.0.9.9"];
  api.engine.emit("cluster", "store_away", id, { store: "etcd://10.0.0.1:2379/fairlead", why: "no answer" });
  api.engine.emit("network", "address_lost", id, { name: "wide", type: "overlay", address, container: "c".repeat(64) });
  // Docker's CLI cuts a duration to whole seconds.
  const until = () => (Date.now() / 1000 + 0.2).toFixed(9);
  const events = async (...argv: string[]) =>
    (await docker(served.path, "events", "--since", "1m", "--until", until(), ...argv)).out.split("\n");
  const [all, cluster] = [await events(), await events("--filter", "type=cluster", "--format", "{{json .}}")];
  assert.equal(all.length, 2);
  assert.match(all[0] ?? "", /cluster store_away d{64} \(store=etcd:\/\/10\.0\.0\.1:2379\/fairlead, why=no answer\)$/);
  assert.match(
    all[1] ?? "",
    /network address_lost d{64} \(address=10\.0\.9\.9, container=c{64}, name=wide, type=overlay\)$/,
  );
  assert.deepEqual(
    cluster.map((line) => (JSON.parse(line) as { Type: string; Action: string }).Action),
    ["store_away"],
  );
  assert.deepEqual(await events("--filter", "network=wide", "--format", "{{.Action}}"), ["address_lost"]);
});

test("docker run prints the output and exits with the container's code", { skip }, async () => {
  await using api = testApi();
  await using served = await listen(api);
  api.engine.entries = async function* () {
    yield [{ stream: "stdout", time: "2026-01-02T03:04:05Z", bytes: Buffer.from("hello\n") }];
    yield [{ stream: "stderr", time: "2026-01-02T03:04:05Z", bytes: Buffer.from("oops\n") }];
    api.engine.exit("c1", 3);
  };
  assert.deepEqual(
    await docker(served.path, "run", "--name", "c1", "-p", "8080:80", "--network", "bridge", "image", "true"),
    { out: "hello", err: "oops", code: 3 },
  );
});

for (const mode of ["host", "none", "container:c1"]) {
  test(`docker create --network ${mode} is understood`, { skip }, async () => {
    await using api = testApi();
    await using served = await listen(api);
    await api.engine.containers.create({ name: "c1", config: plainConfig, endpoints: [] });
    const { code, err } = await docker(served.path, "create", "--network", mode, "image", "true");
    assert.deepEqual([code, err], [0, ""]);
  });
}

test("docker exec -i carries input, output and the exit code", { skip }, async () => {
  await using api = testApi();
  await using served = await listen(api);
  await api.engine.containers.create({ name: "c1", config: plainConfig, endpoints: [] });
  await api.engine.containers.start("c1");
  api.engine.session = () => echoSession();
  const { stdout, stderr, code } = await run("sh", [
    "-c",
    `printf 'in and out' | docker -H unix://${served.path} exec -i c1 cat`,
  ]).catch((error) => error);
  assert.deepEqual([stdout, stderr, code], ["in and out", "done", 7]);
  assert.equal((await docker(served.path, "ps", "--format", "{{.Names}}")).out, "c1");
});

test("docker logs, events, version and info read our answers", { skip }, async () => {
  await using api = testApi();
  await using served = await listen(api);
  await api.engine.containers.create({ name: "c1", config: plainConfig, endpoints: [] });
  await api.engine.containers.start("c1");
  api.engine.entries = async function* () {
    yield [{ stream: "stdout", time: "2026-01-02T03:04:05Z", bytes: Buffer.from("line\n") }];
  };
  assert.equal((await docker(served.path, "logs", "c1")).out, "line");
  assert.match(
    (await docker(served.path, "events", "--since", "1m", "--until", (Date.now() / 1000 + 0.2).toFixed(9))).out,
    /container start [0-9a-f]{64} \(name=c1\)/,
  );
  assert.equal((await docker(served.path, "version", "--format", "{{.Server.Version}}")).out, "0.1.0");
  assert.equal(
    (await docker(served.path, "info", "--format", "{{.ServerVersion}} {{.ContainersRunning}}")).out,
    "0.1.0 1",
  );
});
