import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { after, test } from "node:test";
import { dockerCli } from "../../lab/docker-cli.ts";
import { Host } from "../../lab/host.ts";
import { rootArchive } from "../../lab/images/docker-archive.ts";
import { directory, file } from "../../lab/images/tar.ts";

const host = await Host.create();
const { docker } = dockerCli(host, { mayWarn: true });
after(() => host[Symbol.asyncDispose]());
let daemon = await host.startDaemon();
const big = file("data/big", Buffer.alloc(64 * 1024 * 1024, 1));
writeFileSync(host.pathOf(`${host.folder}/root.tar`), rootArchive([directory("data"), big]));
await docker("import", `${host.folder}/root.tar`, "small");

const lines = async (...argv: string[]) => (await host.run(...argv)).split("\n").filter((line) => line !== "");
const onDisk = () => lines("ls", "-A", `${host.folder}/data/volumes`);
const mounts = async () =>
  (await lines("cat", "/proc/self/mounts")).filter((line) => line.includes(host.folder)).length;

/** Resolves as soon as a path is there. */
async function appears(pattern: string): Promise<void> {
  await host.run("sh", "-c", `until ls -d ${pattern} >/dev/null 2>&1; do :; done`);
}

test("VOL-10 killed in the middle of a create, the daemon leaves no volume that nobody has", async () => {
  const cut = host.docker("create", "--name", "c1", "-v", "data:/data", "-v", "/anon", "small", "true");
  await appears(`${host.folder}/data/volumes/.new-data/_data/big`);
  await daemon.kill();
  assert.notEqual((await cut).code, 0);
  daemon = await host.startDaemon();
  assert.deepEqual([await onDisk(), await docker("volume", "ls", "-q"), await docker("ps", "-aq")], [[], "", ""]);
  await docker("create", "--name", "c1", "-v", "data:/data", "small", "true");
  assert.equal(
    await docker("run", "--rm", "--network", "none", "-v", "data:/d", "small", "stat", "-c", "%s", "/d/big"),
    `${64 << 20}`,
  );
});

test("VOL-10 a volume that was being filled is filled to its end by the next container", async () => {
  await docker("volume", "create", "empty");
  const cut = host.docker("create", "-v", "empty:/data", "small", "true");
  await appears(`${host.folder}/data/volumes/empty/_data/big`);
  await daemon.kill();
  await cut;
  daemon = await host.startDaemon();
  const size = await docker(
    "run",
    "--rm",
    "--network",
    "none",
    "-v",
    "empty:/data",
    "small",
    "stat",
    "-c",
    "%s",
    "/data/big",
  );
  assert.equal(size, `${64 << 20}`);
});

test("VOL-10 killed during docker cp, the daemon leaves no worker and no mount", async () => {
  await docker("create", "--name", "c2", "-v", "data:/data", "small", "true");
  const before = await mounts();
  const copy = host.spawn(["sh", "-c", `docker -H unix://${host.socket} cp c2:/data/big - | sleep 600`]);
  await host.run("sh", "-c", "until pgrep -f [a]rchive-worker.ts >/dev/null; do :; done");
  await daemon.kill();
  copy.kill("SIGKILL");
  await host.run("sh", "-c", "while pgrep -f [a]rchive-worker.ts >/dev/null; do :; done");
  daemon = await host.startDaemon();
  assert.equal(await mounts(), before);
  await docker("start", "-a", "c2");
});
