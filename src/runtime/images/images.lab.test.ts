import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, mkdirSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { RuntimeLab } from "../testing/lab.ts";
import { requirePidNamespace } from "../testing/pid-namespace.ts";

requirePidNamespace(import.meta.filename);

const busybox = execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim();

/** Makes a root file system by a script run in an empty directory, and packs it. */
function archive(lab: RuntimeLab, name: string, script: string): string {
  const directory = join(lab.directory, `${name}.d`);
  mkdirSync(directory);
  execFileSync("sh", ["-ec", script], { cwd: directory });
  const file = join(lab.directory, name);
  execFileSync("tar", ["-caf", file, "-C", directory, "."]);
  return file;
}

const root = `mkdir -p bin etc; cp ${busybox} bin/busybox; ln -s busybox bin/sh; echo of the image >etc/os; chmod 600 etc/os; chown 12:34 etc/os`;

for (const ending of ["tar", "tar.gz", "tar.xz", "tar.zst"]) {
  test(`images.import() unpacks a .${ending}, and its containers share it without seeing each other's changes`, async () => {
    await using lab = new RuntimeLab();
    const { images } = lab.runtime;
    const image = await images.import(createReadStream(archive(lab, `root.${ending}`, root)), "box");
    assert.match(image.id, /^sha256:[0-9a-f]{64}$/);
    assert.deepEqual(image.references, ["box:latest"]);
    assert.ok(image.size > statSync(busybox).size);
    const rootfs = { kind: "image", reference: "box", imageId: image.id } as const;
    for (let time = 0; time < 2; time += 1) {
      const script =
        "busybox cat /etc/os; busybox stat -c %u:%g:%a /etc/os; echo changed >/etc/os; ls / | busybox grep -c host";
      const { output } = await lab.run({
        rootfs,
        env: ["PATH=/bin"],
        args: ["sh", "-c", script.replace("ls /", "busybox ls /")],
      });
      assert.equal(output, "of the image\n12:34:600\n0\n");
    }
  });
}

test("images are found by name, id and prefix, also by the next daemon, and removed with their last name", async () => {
  await using lab = new RuntimeLab();
  const file = archive(lab, "root.tar", root);
  const one = await lab.runtime.images.import(createReadStream(file), "box");
  const other = await lab.runtime.images.import(createReadStream(archive(lab, "o.tar", "echo o >o")), "other:1");
  await lab.runtime.images.import(createReadStream(file), "localhost:5000/box:2");
  lab.runtime[Symbol.dispose]();
  lab.runtime = lab.open();
  const { images } = lab.runtime;
  const names = ["box:latest", "localhost:5000/box:2"];
  for (const reference of ["box", "box:latest", "localhost:5000/box:2", one.id, one.id.slice(7, 19)])
    assert.deepEqual(images.find(reference), { ...one, references: names });
  for (const reference of ["box:3", "nothing", "", "sha256:", "NOT A NAME"])
    assert.throws(() => images.find(reference), { code: "IMAGE_NOT_FOUND" });
  assert.deepEqual(await images.remove("box"), { untagged: ["box:latest"], deleted: [] });
  assert.deepEqual(await images.remove(one.id), { untagged: ["localhost:5000/box:2"], deleted: [one.id] });
  assert.deepEqual(images.list(), [other]);
  assert.deepEqual(readdirSync(join(lab.dataRoot, "images")), [other.id.slice(7)]);
});

test("images.import() gives a name to the newer image", async () => {
  await using lab = new RuntimeLab();
  const { images } = lab.runtime;
  const old = await images.import(createReadStream(archive(lab, "a.tar", "echo a >a")), "box");
  const fresh = await images.import(createReadStream(archive(lab, "b.tar", "echo b >b")), "box");
  assert.equal(images.find("box").id, fresh.id);
  assert.deepEqual(images.find(old.id).references, []);
});

test("images.import() keeps device nodes and extended attributes", async () => {
  await using lab = new RuntimeLab();
  const directory = join(lab.directory, "special");
  mkdirSync(directory);
  execFileSync(
    "sh",
    ["-ec", "mknod c c 1 3; cp /bin/true t; setcap cap_net_raw+ep t || true; getcap t >caps || true"],
    { cwd: directory },
  );
  const caps = execFileSync("sh", ["-c", "cat caps"], { cwd: directory, encoding: "utf8" });
  const tar = execFileSync("tar", ["-c", "--xattrs", "--xattrs-include=*", "-C", directory, "."], {
    maxBuffer: 1 << 24,
  });
  const { id } = await lab.runtime.images.import(Readable.from([tar]), "special");
  const unpacked = join(lab.dataRoot, "images", id.slice(7), "rootfs");
  assert.ok(statSync(join(unpacked, "c")).isCharacterDevice());
  assert.equal(execFileSync("sh", ["-c", "getcap t || true"], { cwd: unpacked, encoding: "utf8" }), caps);
});

/** An archive whose members lead out of it, made by rewriting names. */
function hostile(lab: RuntimeLab, script: string): Buffer {
  return execFileSync("sh", ["-ec", script], { cwd: lab.directory, stdio: ["ignore", "pipe", "ignore"] });
}

test("images.import() writes nothing outside of the image, whatever the archive says", async () => {
  await using lab = new RuntimeLab();
  const outside = join(lab.directory, "outside");
  mkdirSync(outside);
  const evil = [
    "echo x >f; tar -cP --transform 's,^f,../../../../../outside/f,' f",
    `echo x >f; tar -cP --transform 's,^f,${outside}/f,' f`,
    `mkdir -p l d/link; ln -sfn ${outside} l/link; echo x >d/link/f; tar -cf e.tar -C l link; tar -rf e.tar -C d link/f; cat e.tar`,
    "mkdir -p m; ln -sfn ../../../../../outside m/link; tar -cf e.tar -C m link; tar -rf e.tar -C d link/f; cat e.tar",
  ];
  for (const [index, script] of evil.entries()) {
    const archive = hostile(lab, script);
    assert.ok(archive.length > 1024);
    await lab.runtime.images.import(Readable.from([archive]), `evil${index}`).catch((error: { code?: string }) => {
      assert.equal(error.code, "INVALID");
    });
    assert.deepEqual(readdirSync(outside), []);
  }
});

test("images.import() leaves nothing of a broken archive, a broken stream or a bad name", async () => {
  await using lab = new RuntimeLab();
  const { images } = lab.runtime;
  const whole = execFileSync("tar", ["-cz", "-C", "/etc", "passwd", "group", "debian_version"]);
  await assert.rejects(images.import(Readable.from(["this is no archive ".repeat(100)]), "x"), { code: "INVALID" });
  await assert.rejects(images.import(Readable.from([whole.subarray(0, whole.length / 2)]), "x"), { code: "INVALID" });
  assert.throws(() => void images.import(Readable.from([whole]), "Not A Name"), { code: "INVALID" });
  const cut = Readable.from(
    (async function* () {
      yield whole.subarray(0, 100);
      throw new Error("the client has gone");
    })(),
  );
  await assert.rejects(images.import(cut, "x"), /the client has gone/);
  assert.deepEqual(readdirSync(join(lab.dataRoot, "images")), []);
  assert.deepEqual(images.list(), []);
});

test("images left half-made by a killed daemon are removed by the next", async () => {
  await using lab = new RuntimeLab();
  const unfinished = join(lab.dataRoot, "images", ".import-abc", "image", "rootfs");
  mkdirSync(unfinished, { recursive: true });
  lab.runtime[Symbol.dispose]();
  lab.runtime = lab.open();
  assert.equal(existsSync(unfinished), false);
});
