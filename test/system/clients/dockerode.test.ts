import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { PassThrough, Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, afterEach, before, test } from "node:test";
import Docker from "dockerode";
import { clear } from "../../../lab/api.ts";
import { Host } from "../../../lab/host.ts";
import { rootArchive } from "../../../lab/images/docker-archive.ts";
import { LineLog } from "../../../lab/line-log.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
afterEach(() => clear(host));
const docker = new Docker({ socketPath: host.pathOf(host.socket) });

before(async () => {
  const progress = await docker.importImage(Readable.from([rootArchive()]), { repo: "small", tag: "1" });
  await text(progress as never); // typed as nothing, but it is the answer
});

const create = (Cmd: string[], options: Docker.ContainerCreateOptions = {}) =>
  docker.createContainer({ Image: "small:1", Cmd, ...options });

test("CLI-3 dockerode: ping, version, info, and what an imported image is", async () => {
  assert.equal(String(await docker.ping()), "OK");
  assert.match((await docker.version()).ApiVersion, /^1\.\d+$/);
  assert.equal((await docker.info()).OSType, "linux");
  const [image] = await docker.listImages();
  assert.deepEqual(image?.RepoTags, ["small:1"]);
  assert.equal((await docker.getImage("small:1").inspect()).Id, image?.Id);
});

test("CLI-3 dockerode: a container is made, started, listed, inspected, waited for and removed", async () => {
  const container = await create(["sh", "-c", "sleep 0.2; exit 3"], { name: "three", Labels: { of: "test" } });
  await container.start();
  const [listed] = await docker.listContainers({ filters: { label: ["of=test"] } });
  assert.deepEqual([listed?.Names, listed?.State], [["/three"], "running"]);
  assert.equal((await container.wait()).StatusCode, 3);
  assert.equal((await container.inspect()).State.ExitCode, 3);
  await container.remove();
  await assert.rejects(container.inspect(), { statusCode: 404, reason: "no such container" });
});

test("CLI-3 dockerode: run() attaches both streams apart, and the exit code comes after all output", async () => {
  const [out, err] = [new PassThrough(), new PassThrough()];
  const texts = Promise.all([text(out), text(err)]);
  const [{ StatusCode }] = await docker.run("small:1", ["sh", "-c", "echo out; echo err >&2; exit 2"], [out, err], {
    Tty: false,
  });
  out.end();
  err.end();
  assert.deepEqual([StatusCode, ...(await texts)], [2, "out\n", "err\n"]);
});

test("CLI-3 dockerode: exec with input that ends, hijacked, and its exit code", async () => {
  const container = await create(["sleep", "infinity"]);
  await container.start();
  const command = {
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    Cmd: ["sh", "-c", "tr a-z A-Z; exit 4"],
  };
  const exec = await container.exec(command);
  const stream = await exec.start({ hijack: true, stdin: true });
  const [out, err] = [new PassThrough(), new PassThrough()];
  docker.modem.demuxStream(stream, out, err);
  stream.end("shout\n");
  stream.once("end", () => out.end());
  assert.equal(await text(out), "SHOUT\n");
  assert.deepEqual([(await exec.inspect()).ExitCode, (await exec.inspect()).Running], [4, false]);
});

test("CLI-3 dockerode: logs whole and followed, with timestamps and a tail", async () => {
  const container = await create(["sh", "-c", "for i in 1 2 3; do echo line $i; done; read never"], {
    OpenStdin: true,
  });
  await container.start();
  const followed = await container.logs({ follow: true, stdout: true, stderr: true });
  const out = new PassThrough();
  docker.modem.demuxStream(followed, out, out);
  await new LineLog({ stdout: out, stderr: null }).logged(/^line 3$/);
  const whole = await container.logs({ follow: false, stdout: true, tail: 1, timestamps: true });
  assert.match(whole.subarray(8).toString(), /^\d{4}-\d\d-\d\dT[\d:.]+Z line 3\n$/);
});

test("CLI-3 dockerode: events of a container's life arrive as objects, in order", async () => {
  const events = await docker.getEvents({ filters: { type: ["container"] } });
  const seen: string[] = [];
  const died = Promise.withResolvers<void>();
  createInterface(events as never).on("line", (line) => {
    const { Action, Actor } = JSON.parse(line) as { Action: string; Actor: { Attributes: { name: string } } };
    seen.push(`${Actor.Attributes.name} ${Action}`);
    if (Action === "destroy") died.resolve();
  });
  const container = await create(["true"], { name: "short" });
  await container.start();
  await container.wait();
  await container.remove();
  await died.promise;
  assert.deepEqual(seen, ["short create", "short start", "short die", "short destroy"]);
  (events as unknown as { destroy(): void }).destroy();
});

test("CLI-3 dockerode: networks are made, joined with addresses and aliases, left and removed", async () => {
  const network = await docker.createNetwork({ Name: "web", IPAM: { Config: [{ Subnet: "10.88.0.0/24" }] } } as never);
  const server = await create(["httpd", "-f", "-h", "/etc"], {
    name: "server",
    HostConfig: { NetworkMode: "web" },
    NetworkingConfig: { EndpointsConfig: { web: { Aliases: ["www"], IPAMConfig: { IPv4Address: "10.88.0.80" } } } },
  });
  await server.start();
  const client = await create(["sleep", "infinity"], { name: "client" });
  await client.start();
  await network.connect({ Container: "client" });
  const exec = await client.exec({ AttachStdout: true, Cmd: ["wget", "-qO-", "http://www/group"] });
  const out = new PassThrough();
  const stream = await exec.start({});
  docker.modem.demuxStream(stream, out, out);
  stream.once("end", () => out.end());
  assert.match(await text(out), /^root:x:0:/);
  assert.equal(Object.keys((await network.inspect()).Containers ?? {}).length, 2);
  await network.disconnect({ Container: "client" });
  await assert.rejects(network.remove(), { statusCode: 403 });
});

test("CLI-3 dockerode: what is refused comes as a status and a sentence", async () => {
  await assert.rejects(docker.createContainer({ Image: "absent", Cmd: ["true"] }), {
    statusCode: 404,
    message: /No such image: absent/,
  });
  await assert.rejects(docker.getNetwork("absent").inspect(), { statusCode: 404, message: /network absent not found/ });
  await assert.rejects(docker.swarmInit({} as never), { statusCode: 501, message: /swarm is not supported/ });
});
