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

test("docker run prints the output and exits with the container's code", { skip }, async () => {
  await using api = testApi();
  await using served = await listen(api);
  api.engine.entries = async function* () {
    yield { stream: "stdout", time: "2026-01-02T03:04:05Z", bytes: Buffer.from("hello\n") };
    yield { stream: "stderr", time: "2026-01-02T03:04:05Z", bytes: Buffer.from("oops\n") };
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
    yield { stream: "stdout", time: "2026-01-02T03:04:05Z", bytes: Buffer.from("line\n") };
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
