import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { after, before, test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { callApi } from "../../../lab/api.ts";
import type { Daemon } from "../../../lab/daemon.ts";
import { dockerCli } from "../../../lab/docker-cli.ts";
import { Host } from "../../../lab/host.ts";
import { loadImages } from "../../../lab/images/put-archive.ts";
import { file } from "../../../lab/images/tar.ts";
import type { LineLog } from "../../../lab/line-log.ts";
import { lacksRegistry, startRegistry } from "../../../lab/registry.ts";

const skip = lacksRegistry();
const host = await Host.create();
after(() => host[Symbol.asyncDispose]());

const open = "127.0.0.1:5000";
const closed = "127.0.0.1:5001";
let registry: LineLog;
let daemon: Daemon;

const { docker, failure } = dockerCli(host);

const idOf = (name: string) => docker("image", "inspect", "-f", "{{.Id}}", name);

/** Hidden names, which are of unfinished work, in the store. Read from here: what is looked for comes and goes. */
const unfinished = () =>
  [".", "layers", "blobs/sha256"].flatMap((folder) =>
    readdirSync(host.pathOf(`${host.folder}/data/images/${folder}`)).filter((name) => name.startsWith(".")),
  );

before(async () => {
  if (skip) return;
  daemon = await host.startDaemon("--debug");
  registry = await startRegistry(host, { port: 5000 });
  await startRegistry(host, { port: 5001, users: { ann: "the secret" } });
  const layers = [[file("etc/one", "1")], [file("etc/two", "2".repeat(3_000_000))]];
  await loadImages(host, {
    tags: ["app:1"],
    config: { Cmd: ["cat", "/etc/one"], Labels: { from: "registry" } },
    layers,
  });
  await loadImages(host, { tags: ["other:1"], layers: [[file("etc/other", "o")]] });
});

test("IMG-10 docker push sends an image, what the registry has once only, and docker pull brings it back", {
  skip,
}, async () => {
  await docker("tag", "app:1", `${open}/team/app:1`);
  const id = await idOf("app:1");
  const pushed = await docker("push", `${open}/team/app:1`);
  assert.match(pushed, /^The push refers to repository \[127\.0\.0\.1:5000\/team\/app\]\n/);
  const [, digest = ""] = /\n1: digest: (sha256:[0-9a-f]{64}) size: \d+$/.exec(pushed) ?? [];
  assert.match(pushed, /^[0-9a-f]{12}: Pushed$/m);
  await docker("tag", "app:1", `${open}/team/app:2`);
  const again = await docker("push", "-a", `${open}/team/app`);
  assert.equal(again.match(/: Layer already exists$/gm)?.length, 6);
  assert.equal(await docker("inspect", "-f", "{{index .RepoDigests 0}}", "app:1"), `${open}/team/app@${digest}`);

  await docker("rmi", "-f", id);
  const pulled = await docker("pull", `${open}/team/app:1`);
  assert.match(pulled, /^1: Pulling from team\/app\n/);
  assert.match(pulled, /^[0-9a-f]{12}: Pull complete$/m);
  assert.ok(pulled.includes(`\nDigest: ${digest}\nStatus: Downloaded newer image for ${open}/team/app:1\n`), pulled);
  assert.equal(await idOf(`${open}/team/app:1`), id);
  assert.equal(await docker("run", "--rm", `${open}/team/app:1`), "1");
  const there = await docker("pull", `${open}/team/app:1`);
  assert.match(there, /^1: Pulling from team\/app\nDigest: \S+\nStatus: Image is up to date for/);
  assert.equal(await docker("pull", "-q", `${open}/team/app@${digest}`), `${open}/team/app@${digest}`);
  await docker("pull", "-a", "-q", `${open}/team/app`);
  assert.equal(await docker("images", "--format", "{{.Tag}}", `${open}/team/app`), "1\n2");
  const shown = await docker("images", "--digests", "--format", "{{.Tag}} {{.Digest}}", `${open}/team/app`);
  assert.equal(shown, `1 ${digest}\n2 ${digest}`);
  assert.deepEqual(unfinished(), []);
});

test("IMG-26 events of push and pull have the name in the place of the id", { skip }, async () => {
  const since = String(Date.now() / 1000);
  await docker("push", "-q", `${open}/team/app:1`);
  await docker("pull", "-q", `${open}/team/app:1`);
  const filters = ["push", "pull"].flatMap((event) => ["-f", `event=${event}`]);
  const until = String(Date.now() / 1000);
  const said = await docker("events", "--since", since, "--until", until, ...filters, "--format", "{{json .Actor}}");
  const told = { ID: `${open}/team/app:1`, Attributes: { from: "registry", name: `${open}/team/app` } };
  assert.deepEqual(
    said.split("\n").map((line) => JSON.parse(line)),
    [told, told],
  );
});

test("IMG-11 docker run pulls what is missing, and says why it cannot", { skip }, async () => {
  await docker("tag", "other:1", `${open}/other:1`);
  await docker("push", "-q", `${open}/other:1`);
  await docker("rmi", "other:1", `${open}/other:1`);
  const { code, stdout, stderr } = await host.docker("run", "--rm", `${open}/other:1`, "cat", "/etc/other");
  assert.deepEqual([code, stdout], [0, "o"]);
  assert.match(stderr, /^Unable to find image '127\.0\.0\.1:5000\/other:1' locally\n1: Pulling from other\n/);
  assert.match(
    await failure("pull", `${open}/other:none`),
    /^Error response from daemon: manifest for 127\.0\.0\.1:5000\/other:none not found: manifest unknown: manifest unknown$/,
  );
  assert.match(await failure("run", `${open}/nothing`), /manifest for 127\.0\.0\.1:5000\/nothing:latest not found/);
  assert.match(await failure("pull", "127.0.0.1:9/x"), /Cannot reach registry 127\.0\.0\.1:9: .*ECONNREFUSED/);
  assert.match(await failure("push", `${open}/absent`), /An image does not exist locally with the tag: 127/);
  assert.match(await failure("run", "--pull", "never", `${open}/nothing`), /No such image: 127\.0\.0\.1:5000\/nothing/);
  assert.match(
    await failure("pull", "--platform", "linux/arm64", `${open}/other:1`),
    /platform \(linux\/amd64\) does not match the specified platform \(linux\/arm64\)/,
  );
});

test("IMG-12 docker login is tried at the registry, and only who is known pulls and pushes", { skip }, async () => {
  await docker("pull", "-q", `${open}/team/app:1`);
  await docker("tag", `${open}/team/app:1`, `${closed}/app:1`);
  assert.match(await failure("push", `${closed}/app:1`), /no basic auth credentials/);
  assert.match(await failure("pull", `${closed}/app:1`), /no basic auth credentials/);
  assert.match(await failure("login", "-u", "ann", "-p", "wrong", closed), /unauthorized: authentication required/);
  const { code, stdout } = await host.docker("login", "-u", "ann", "-p", "the secret", closed);
  assert.deepEqual([code, stdout], [0, "Login Succeeded\n"]);
  assert.match(await docker("push", `${closed}/app:1`), /1: digest: sha256:/);
  await docker("rmi", `${closed}/app:1`);
  assert.equal(await docker("pull", "-q", `${closed}/app:1`), `${closed}/app:1`);
  const { body } = await callApi<{ Platforms: object[] }>(host, "GET", `/distribution/${open}/team/app:1/json`);
  assert.deepEqual(body.Platforms, [{ architecture: "amd64", os: "linux" }]);
  await host.docker("logout", closed);
  // Neither the store nor the log has the password.
  const found = await host.exec([
    "grep",
    "-rlE",
    "the secret|YW5uOnRoZSBzZWNyZXQ",
    `${host.folder}/data`,
    `${host.folder}/run`,
  ]);
  assert.equal(found.stdout, "");
});

test("IMG-13 twenty clients that pull one image at a time cause one download of each layer", { skip }, async () => {
  const id = await idOf(`${open}/team/app:1`);
  await docker("image", "prune", "-a", "-f"); // others have layers in common with it
  const start = registry.lines.length;
  const pulls = Array.from({ length: 20 }, () => host.docker("pull", "-q", `${open}/team/app:1`));
  for (const { code, stderr } of await Promise.all(pulls)) assert.deepEqual([code, stderr], [0, ""]);
  // The configuration, whose digest is the id, is a small document that each of the twenty may ask for.
  const asked = () =>
    registry.lines
      .slice(start)
      .flatMap((line) => /"GET \/v2\/team\/app\/blobs\/(sha256:[0-9a-f]+)/.exec(line)?.[1] ?? [])
      .filter((digest) => digest !== id);
  // What the registry writes may come later than what it sends.
  for (let seen = start; new Set(asked()).size < 3; seen = registry.lines.length) await registry.logged(/./, seen);
  assert.equal(asked().length, 3);
  assert.equal(await docker("run", "--rm", `${open}/team/app:1`), "1");
});

test("IMG-14 a daemon killed in a pull leaves nothing of it, and the next one pulls again", { skip }, async () => {
  const big = Buffer.alloc(30_000_000, "x");
  for (let at = 0; at < big.length; at += 64) big.writeUInt32LE((at * 2_654_435_761) % 2 ** 32, at);
  await loadImages(host, { tags: [`${open}/big:1`], layers: [[file("big", big)]] });
  await docker("push", "-q", `${open}/big:1`);
  await docker("rmi", `${open}/big:1`);
  const before = await host.run("sh", "-c", `cd ${host.folder}/data/images && ls blobs/sha256 layers`);
  const pulling = host.docker("pull", `${open}/big:1`);
  let over = false;
  void pulling.finally(() => {
    over = true;
  });
  while (!over && unfinished().length === 0) await setImmediate();
  await daemon.kill();
  assert.notEqual((await pulling).code, 0);
  await host.startDaemon("--debug");
  assert.deepEqual(unfinished(), []);
  assert.equal(await host.run("sh", "-c", `cd ${host.folder}/data/images && ls blobs/sha256 layers`), before);
  assert.equal(await docker("pull", "-q", `${open}/big:1`), `${open}/big:1`);
});
