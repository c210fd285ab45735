import assert from "node:assert/strict";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, afterEach, before, test } from "node:test";
import Docker from "dockerode";
import { clear } from "../../../lab/api.ts";
import { Host } from "../../../lab/host.ts";
import { dockerArchive, imageId, rootArchive, type TestImage } from "../../../lab/images/docker-archive.ts";
import { file } from "../../../lab/images/tar.ts";
import { lacksRegistry, startRegistry } from "../../../lab/registry.ts";

const skip = lacksRegistry();
const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();
afterEach(() => clear(host));
const docker = new Docker({ socketPath: host.pathOf(host.socket) });

const app: TestImage = {
  tags: ["app:1"],
  config: { Cmd: ["cat", "/etc/app"], Labels: { of: "dockerode" } },
  layers: [[file("etc/app", "of the image\n")]],
};

interface Progress {
  readonly status?: string;
  readonly stream?: string;
  readonly error?: string;
}

/** What an answer told on its way, read as dockerode's users read it. */
async function progressOf(stream: NodeJS.ReadableStream): Promise<Progress[]> {
  const { promise, resolve, reject } = Promise.withResolvers<Progress[]>();
  docker.modem.followProgress(stream, (failure, said: Progress[]) => {
    const error = failure ?? said.find((line) => line.error !== undefined)?.error; // a stream that tells of it has no other
    if (error) reject(error instanceof Error ? error : new Error(error));
    else resolve(said);
  });
  return promise;
}

before(async () => {
  const said = await progressOf(await docker.loadImage(Readable.from([dockerArchive(app)])));
  assert.match(said.map(({ stream = "" }) => stream).join(""), /Loaded image: app:1/);
  if (skip) return;
  await startRegistry(host, { port: 5000 });
  await startRegistry(host, { port: 5001, users: { ann: "secret" } });
});

test("CLI-4 dockerode: a loaded image is found, tagged, told of, used, saved and removed", async () => {
  const image = docker.getImage("app:1");
  const { Id, Config } = await image.inspect();
  assert.deepEqual([Id, Config.Labels], [imageId(app), { of: "dockerode" }]);
  await image.tag({ repo: "app", tag: "2" });
  assert.deepEqual((await docker.listImages({ filters: { reference: ["app"] } }))[0]?.RepoTags?.toSorted(), [
    "app:1",
    "app:2",
  ]);
  assert.equal((await image.history()).length, 3);
  const container = await docker.createContainer({ Image: "app:2" });
  await container.start();
  await container.wait();
  assert.match((await container.logs({ stdout: true })).toString(), /of the image\n$/);
  await container.remove();
  await docker.getImage("app:2").remove();
  await assert.rejects(docker.getImage("app:2").inspect(), { statusCode: 404 });
});

test("CLI-4 dockerode: push and pull at a registry, their progress followed", { skip }, async () => {
  const name = "127.0.0.1:5000/team/app";
  await docker.getImage("app:1").tag({ repo: name, tag: "1" });
  const pushed = await progressOf(await docker.getImage(`${name}:1`).push());
  assert.match(JSON.stringify(pushed), /"status":"1: digest: sha256:[0-9a-f]{64} size: \d+"/);
  await docker.getImage(`${name}:1`).remove();
  const pulled = await progressOf(await docker.pull(`${name}:1`));
  assert.match(
    pulled.at(-1)?.status ?? "",
    /^Status: (Downloaded newer image|Image is up to date) for 127\.0\.0\.1:5000\/team\/app:1$/,
  );
  assert.equal((await docker.getImage(`${name}:1`).inspect()).Id, imageId(app));
  await docker.getImage(`${name}:1`).remove();
});

test("CLI-4 dockerode: credentials are sent with a push and a pull, and missed when they are not", {
  skip,
}, async () => {
  const name = "127.0.0.1:5001/team/app";
  const authconfig = { username: "ann", password: "secret", serveraddress: "127.0.0.1:5001" };
  await docker.getImage("app:1").tag({ repo: name, tag: "1" });
  await assert.rejects(
    progressOf(await docker.getImage(`${name}:1`).push()),
    /no basic auth credentials|unauthorized|denied/i,
  );
  await progressOf(await docker.getImage(`${name}:1`).push({ authconfig }));
  await docker.getImage(`${name}:1`).remove();
  const wrong = { ...authconfig, password: "guessed" };
  await assert.rejects(docker.pull(`${name}:1`, { authconfig: wrong }).then(progressOf), /unauthorized|denied|401/i);
  await progressOf(await docker.pull(`${name}:1`, { authconfig }));
  assert.equal((await docker.checkAuth(authconfig)).Status, "Login Succeeded");
  await docker.getImage(`${name}:1`).remove();
});

test("CLI-4 dockerode: a pull that cannot be done says why", { skip }, async () => {
  await assert.rejects(docker.pull("127.0.0.1:5000/team/absent:1").then(progressOf), /not found|manifest unknown/i);
  await assert.rejects(docker.pull("127.0.0.1:5009/team/app:1").then(progressOf), /connect ECONNREFUSED/);
  await assert.rejects(docker.pull("Bad Name").then(progressOf), /invalid reference format/i);
});

test("CLI-4 dockerode: files go in and come out as archives; a container's changes are told", async () => {
  const container = await docker.createContainer({ Image: "app:1", Cmd: ["sleep", "1000"] });
  await container.start();
  await container.putArchive(Readable.from([rootArchive([file("etc/app", "put in\n")])]), { path: "/tmp" });
  assert.match(await text(await container.getArchive({ path: "/tmp/etc/app" })), /put in\n/);
  const changes = await container.changes();
  assert.ok((changes as { Path: string }[]).some(({ Path }) => Path === "/tmp/etc/app"));
});

test("CLI-4 dockerode: a terminal is resized, a container paused and its limits changed", async () => {
  const container = await docker.createContainer({ Image: "app:1", Cmd: ["sleep", "1000"], Tty: true });
  await container.start();
  await container.resize({ h: 40, w: 120 });
  const exec = await container.exec({ Cmd: ["sh", "-c", "stty size < /proc/1/fd/0"], AttachStdout: true });
  const stream = await exec.start({ hijack: true, stdin: false });
  assert.match(await text(stream), /40 120/);
  await container.pause();
  assert.equal((await container.inspect()).State.Paused, true);
  await container.unpause();
  await container.update({ Memory: 64 * 1024 * 1024, MemorySwap: -1 });
  assert.equal((await container.inspect()).HostConfig.Memory, 64 * 1024 * 1024);
});
