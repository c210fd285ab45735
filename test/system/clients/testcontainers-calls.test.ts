import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { after, afterEach, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import Docker from "dockerode";
import { clear } from "../../../lab/api.ts";
import { Host } from "../../../lab/host.ts";
import { loadImages } from "../../../lab/images/put-archive.ts";
import { file, tarOf } from "../../../lab/images/tar.ts";
import { LineLog } from "../../../lab/line-log.ts";

/*
 * testcontainers (npm, 12.2.0) makes these calls, through dockerode, in this order and with these values. It brings 170
 * packages, some of which run scripts when they are installed, so it is no dependency of ours.
 */

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
afterEach(() => clear(host));
const docker = new Docker({ socketPath: host.pathOf(host.socket) });
before(() => loadImages(host, { tags: ["web:1"], config: { ExposedPorts: { "8080/tcp": {} } } }));

const session = { "org.testcontainers": "true", "org.testcontainers.session-id": "0123456789ab" };
const serve = "echo starting; sleep 0.2; echo ready; exec httpd -f -p 8080 -h /www";

const createWeb = (more: Docker.ContainerCreateOptions = {}): Promise<Docker.Container> =>
  docker.createContainer({
    Image: "web:1",
    Env: ["A=b"],
    Labels: session,
    Cmd: ["sh", "-c", serve],
    ExposedPorts: { "8080/tcp": {} },
    ...more,
    HostConfig: {
      PortBindings: { "8080/tcp": [{ HostPort: "0" }] },
      NetworkMode: "bridge",
      // Of one that is lower, a program sometimes gets the hard limit: runc 1.1 with Go 1.19 (opencontainers/runc #4195).
      Ulimits: [{ Name: "nofile", Soft: 1000, Hard: 1000 }],
      ...more.HostConfig,
    },
  });

/** Before the start: what withCopyContentToContainer() gives, its folders with it. */
const fill = (container: Docker.Container) =>
  container.putArchive(tarOf([file("www/index.html", "hello\n", { mode: 0o644 })]), { path: "/" });

/** Docker's answer is no upgrade, and the client's half stays open. */
async function run(container: Docker.Container, Cmd: string[], more: Docker.ExecCreateOptions = {}) {
  const exec = await container.exec({ Cmd, AttachStdout: true, AttachStderr: true, ...more });
  const stream = await exec.start({ stdin: true, Detach: false, Tty: false });
  const [out, err] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, out, err);
  stream.once("end", () => {
    out.end();
    err.end();
  });
  const [stdout, stderr] = await Promise.all([text(out), text(err)]);
  stream.destroy();
  return { stdout, stderr, exitCode: (await exec.inspect()).ExitCode };
}

async function follow(container: Docker.Container, options: { tail: number; since: number }): Promise<LineLog> {
  const stream = await container.logs({ follow: true, stdout: true, stderr: true, ...options });
  const both = new PassThrough();
  docker.modem.demuxStream(stream, both, both);
  return new LineLog({ stdout: both, stderr: null });
}

async function hostPortOf(container: Docker.Container): Promise<string> {
  const { NetworkSettings } = await container.inspect();
  return NetworkSettings.Ports["8080/tcp"]?.[0]?.HostPort ?? "";
}

const get = (port: string) => host.run("busybox", "wget", "-qO-", `http://127.0.0.1:${port}/`);

/** Its wait for a port within the container: one shell command, asked again until it succeeds. */
async function listening(container: Docker.Container): Promise<void> {
  const asked = ["/bin/sh", "-c", "cat /proc/net/tcp* | awk '{print $2}' | grep -i :1F90"];
  while ((await run(container, asked)).exitCode !== 0) await setTimeout(20);
}

test("CLI-7 testcontainers: filled before the start, waited for by log and port, asked, restarted, stopped", async () => {
  const container = await createWeb();
  await fill(container);
  await container.start();
  await (await follow(container, { tail: -1, since: 0 })).logged(/^ready$/);
  await listening(container);
  assert.equal(await get(await hostPortOf(container)), "hello\n");
  const asked = ["sh", "-c", "echo $A$Q; pwd; id -u; ulimit -n; echo oops >&2; exit 7"];
  const said = await run(container, asked, { Env: ["Q=q"], WorkingDir: "/tmp", User: "1000:1000" });
  assert.deepEqual(said, { stdout: "bq\n/tmp\n1000\n1000\n", stderr: "oops\n", exitCode: 7 });
  await container.restart({ t: 0 });
  await listening(container);
  assert.equal(await get(await hostPortOf(container)), "hello\n");
  await container.stop({ t: 0 });
  await assert.rejects(container.stop({ t: 0 }), { statusCode: 304 });
  const archive = await container.getArchive({ path: "/www" });
  assert.match(await text(archive), /www\/index\.html/);
  await container.remove({ v: true });
});

test("CLI-7 testcontainers: a container that is there is found by its labels and used again", async () => {
  const container = await createWeb({ Labels: { ...session, "org.testcontainers.container-hash": "abc" } });
  const find = (hash: string, status: string[]) =>
    docker.listContainers({
      limit: 1,
      filters: { label: [`org.testcontainers.container-hash=${hash}`], status },
    });
  assert.deepEqual(await find("abc", ["running"]), []);
  await container.start();
  assert.deepEqual(
    (await find("abc", ["created", "running"])).map(({ Id }) => Id),
    [container.id],
  );
  assert.deepEqual(await find("abd", ["running"]), []);
});

test("CLI-7 testcontainers: health and the end are heard as events of the one container", async () => {
  const container = await createWeb({
    Healthcheck: { Test: ["CMD-SHELL", "test -e /healthy"], Interval: 1e8, Timeout: 1e9, Retries: 99, StartPeriod: 0 },
    Cmd: ["sh", "-c", "touch /healthy; sleep infinity"],
  });
  const event = ["health_status", "die"];
  const stream = await docker.getEvents({ filters: { type: ["container"], container: [container.id], event } });
  const events = new LineLog({ stdout: stream as never, stderr: null });
  await container.start();
  await events.logged(/"Action":"health_status: healthy"/);
  assert.equal((await container.inspect()).State.Health?.Status, "healthy");
  await container.stop({ t: 0 });
  await events.logged(/"Action":"die"/);
  (stream as unknown as { destroy(): void }).destroy();
});

test("CLI-7 testcontainers: a network of its own, where aliases are names", async () => {
  const Name = "5f0c2a54-3f6e-4c43-8f4b-1c1b3a0f7d11";
  const network = await docker.createNetwork({
    Name,
    CheckDuplicate: true,
    Driver: "bridge",
    Internal: false,
    Attachable: false,
    EnableIPv6: false,
    Options: {},
    Labels: session,
  });
  // With aliases it is connected before the start, and on the default bridge, too.
  const server = await createWeb();
  await network.connect({ Container: server.id, EndpointConfig: { Aliases: ["web", "www"] } });
  await fill(server);
  await server.start();
  await listening(server);
  const client = await createWeb({ HostConfig: { NetworkMode: Name }, Cmd: ["sleep", "infinity"] });
  await client.start();
  assert.equal(await get(await hostPortOf(server)), "hello\n");
  assert.equal((await run(client, ["wget", "-qO-", "http://www:8080/"])).stdout, "hello\n");
});
