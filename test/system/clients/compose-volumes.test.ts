import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { ComposeProject } from "../../../lab/compose.ts";
import { Host } from "../../../lab/host.ts";
import { rootArchive } from "../../../lab/images/docker-archive.ts";
import { file } from "../../../lab/images/tar.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
await host.startDaemon();

const project = new ComposeProject(
  host,
  "keep",
  `
version: "3.9"
services:
  writer:
    image: small:1
    command: sh -c 'echo written >> /srv/index.html; exec sleep infinity'
    volumes: ["data:/srv", "./config:/etc/app:ro", "/scratch"]
    restart: unless-stopped
    tmpfs: /cache
  reader:
    image: small:1
    command: httpd -f -p 80 -h /data
    volumes: [{ type: volume, source: data, target: /data, read_only: true }]
    init: true
volumes:
  data: { labels: { of: the test } }
`,
);
/** By the docker CLI: docker-compose takes a second a command. */
const docker = (...args: string[]) => host.run("docker", "-H", `unix://${host.socket}`, ...args);
const inside = (service: string, script: string) => docker("exec", `keep_${service}_1`, "sh", "-c", script);

before(async () => {
  writeFileSync(host.pathOf(`${host.folder}/root.tar`), rootArchive([file("srv/index.html", "page\n")]));
  await docker("import", `${host.folder}/root.tar`, "small:1");
  await host.run("sh", "-c", `mkdir ${project.folder}/config; echo on > ${project.folder}/config/setting`);
});

test("CLI-2 docker-compose: a named volume is filled from the image, shared, and kept by down", async () => {
  await project.run("up", "-d");
  assert.equal(await inside("reader", "wget -qO- http://127.0.0.1/"), "page\nwritten\n");
  assert.equal(await inside("writer", "cat /etc/app/setting"), "on\n");
  await assert.rejects(inside("writer", "touch /etc/app/x"), /Read-only file system/);
  await assert.rejects(inside("reader", "touch /data/x"), /Read-only file system/);
  await project.run("down", "-t", "0");
  await project.run("up", "-d");
  assert.equal(await inside("reader", "wget -qO- http://127.0.0.1/"), "page\nwritten\nwritten\n");
});

test("CLI-2 docker-compose: a service with a restart policy comes back when it is killed", async () => {
  const pid = await docker("inspect", "-f", "{{.State.Pid}}", "keep_writer_1");
  await host.run("kill", "-9", pid.trim());
  while ((await docker("inspect", "-f", "{{.RestartCount}} {{.State.Status}}", "keep_writer_1")) !== "1 running\n");
  await inside("writer", "true");
});

test("CLI-2 docker-compose down -v removes the project's volumes, anonymous ones too", async () => {
  const anonymous = async () => (await docker("volume", "ls", "-q")).match(/^[0-9a-f]{64}$/gm)?.length ?? 0;
  assert.equal(await anonymous(), 2); // one of either up: a down without -v leaves it, as with Docker
  await project.run("down", "-v", "-t", "0");
  assert.equal(await docker("volume", "ls", "-q", "--filter", "name=keep"), "");
  assert.equal(await anonymous(), 1);
});
