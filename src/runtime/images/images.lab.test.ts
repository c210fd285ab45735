import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { test } from "node:test";
import { dockerArchive } from "../../../lab/images/docker-archive.ts";
import { directory, file, symlink, tarOf } from "../../../lab/images/tar.ts";
import type { ImageWords } from "../../contracts/images.ts";
import { emptyRuntimeConfig } from "../../model/image.ts";
import { parseImageReference, withTag } from "../../model/image-reference.ts";
import { RuntimeLab } from "../testing/lab.ts";
import { requirePidNamespace } from "../testing/pid-namespace.ts";

requirePidNamespace(import.meta.filename);

const busybox = execFileSync("sh", ["-c", "command -v busybox"], { encoding: "utf8" }).trim();

/** The words of an import that gives a name only. */
const named = (name: string): ImageWords => ({
  reference: withTag(parseImageReference(name)),
  ...{ changes: [], comment: "", author: "" },
});

/** Makes a root file system by a script run in an empty directory, and packs it. */
function archive(lab: RuntimeLab, name: string, script: string): string {
  const tree = join(lab.directory, `${name}.d`);
  mkdirSync(tree);
  execFileSync("sh", ["-ec", script], { cwd: tree });
  const path = join(lab.directory, name);
  execFileSync("tar", ["-caf", path, "-C", tree, "."]);
  return path;
}

const root = `mkdir -p bin etc; cp ${busybox} bin/busybox; ln -s busybox bin/sh; echo of the image >etc/os; chmod 600 etc/os; chown 12:34 etc/os`;

for (const ending of ["tar", "tar.gz", "tar.xz", "tar.zst"]) {
  test(`images.import() unpacks a .${ending}, and its containers share it without seeing each other's changes`, async () => {
    await using lab = new RuntimeLab();
    const { images } = lab.runtime;
    const image = await images.import(createReadStream(archive(lab, `root.${ending}`, root)), named("box"));
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

test("images are found by name, id and prefix, also by the next daemon, and what nothing needs goes with them", async () => {
  await using lab = new RuntimeLab();
  const file = archive(lab, "root.tar", root);
  const one = await lab.runtime.images.import(createReadStream(file), named("box"));
  const other = await lab.runtime.images.import(createReadStream(archive(lab, "o.tar", "echo o >o")), named("other:1"));
  lab.runtime.images.tag(one.id, withTag(parseImageReference("localhost:5000/box:2")));
  lab.runtime[Symbol.dispose]();
  lab.runtime = lab.open();
  const { images } = lab.runtime;
  const names = ["box:latest", "localhost:5000/box:2"];
  for (const reference of [
    "box",
    "box:latest",
    "docker.io/library/box",
    "localhost:5000/box:2",
    one.id,
    one.id.slice(7, 19),
  ])
    assert.deepEqual({ ...images.find(reference), taggedAt: "" }, { ...one, references: names, taggedAt: "" });
  for (const reference of ["box:3", "nothing", "", "sha256:", "NOT A NAME"])
    assert.throws(() => images.find(reference), { code: "IMAGE_NOT_FOUND" });
  assert.deepEqual(
    await images.remove(one.id, { keepFiles: false }),
    one.layers.map(({ diffId }) => diffId),
  );
  assert.deepEqual(images.list(), [other]);
  assert.deepEqual(traces(lab), { blobs: 3, layers: 1, unfinished: [] });
});

/** What lies in the store: blobs (manifest, configuration, layer of each image), layers, unfinished work. */
const traces = ({ dataRoot }: RuntimeLab) => {
  const [images, layers] = [join(dataRoot, "images"), join(dataRoot, "images", "layers")];
  const all = [...readdirSync(images), ...readdirSync(layers)];
  return {
    blobs: readdirSync(join(images, "blobs", "sha256")).length,
    layers: readdirSync(layers).filter((name) => !name.startsWith(".")).length,
    unfinished: all.filter((name) => name.startsWith(".")),
  };
};

const nothing = { blobs: 0, layers: 0, unfinished: [] };

test("images.import() gives a name to the newer image", async () => {
  await using lab = new RuntimeLab();
  const { images } = lab.runtime;
  const old = await images.import(createReadStream(archive(lab, "a.tar", "echo a >a")), named("box"));
  const fresh = await images.import(createReadStream(archive(lab, "b.tar", "echo b >b")), named("box"));
  assert.equal(images.find("box").id, fresh.id);
  assert.deepEqual(images.find(old.id).references, []);
});

test("IMG-2 images.import() keeps device nodes and extended attributes", async () => {
  await using lab = new RuntimeLab();
  const tree = join(lab.directory, "special");
  mkdirSync(tree);
  execFileSync(
    "sh",
    ["-ec", "mknod c c 1 3; cp /bin/true t; setcap cap_net_raw+ep t || true; getcap t >caps || true"],
    { cwd: tree },
  );
  const caps = execFileSync("sh", ["-c", "cat caps"], { cwd: tree, encoding: "utf8" });
  const tar = execFileSync("tar", ["-c", "--xattrs", "--xattrs-include=*", "-C", tree, "."], {
    maxBuffer: 1 << 24,
  });
  await lab.runtime.images.import(Readable.from([tar]), named("special"));
  const [layer = ""] = readdirSync(join(lab.dataRoot, "images", "layers"));
  const unpacked = join(lab.dataRoot, "images", "layers", layer, "diff");
  assert.ok(statSync(join(unpacked, "c")).isCharacterDevice());
  assert.equal(execFileSync("sh", ["-c", "getcap t || true"], { cwd: unpacked, encoding: "utf8" }), caps);
});

/** An archive whose members lead out of it, made by rewriting names. */
function hostile(lab: RuntimeLab, script: string): Buffer {
  return execFileSync("sh", ["-ec", script], { cwd: lab.directory, stdio: ["ignore", "pipe", "ignore"] });
}

test("IMG-3 images.import() writes nothing outside of the image, whatever the archive says", async () => {
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
    await lab.runtime.images
      .import(Readable.from([archive]), named(`evil${index}`))
      .catch((error: { code?: string }) => {
        assert.equal(error.code, "INVALID");
      });
    assert.deepEqual(readdirSync(outside), []);
  }
});

test("images.import() leaves nothing of a broken archive, a broken stream or an empty one", async () => {
  await using lab = new RuntimeLab();
  const { images } = lab.runtime;
  const whole = execFileSync("tar", ["-cz", "-C", "/etc", "passwd", "group", "debian_version"]);
  await assert.rejects(images.import(Readable.from(["this is no archive ".repeat(100)]), named("x")), {
    code: "INVALID",
  });
  await assert.rejects(images.import(Readable.from([whole.subarray(0, whole.length / 2)]), named("x")), {
    code: "INVALID",
  });
  await assert.rejects(images.import(Readable.from([]), named("x")), { code: "INVALID" });
  const cut = Readable.from(
    (async function* () {
      yield whole.subarray(0, 100);
      throw new Error("the client has gone");
    })(),
  );
  await assert.rejects(images.import(cut, named("x")), /the client has gone/);
  assert.deepEqual(traces(lab), nothing);
  assert.deepEqual(images.list(), []);
});

test("IMG-4 images left half-made by a killed daemon are removed by the next", async () => {
  await using lab = new RuntimeLab();
  const images = join(lab.dataRoot, "images");
  const unfinished = [
    ".unfinished-abc/archive",
    "layers/.unpack-abc/diff",
    "layers/.removed-abc/layer",
    "layers/half/diff",
  ];
  for (const place of unfinished) mkdirSync(join(images, place), { recursive: true });
  writeFileSync(join(images, "blobs", "sha256", "0".repeat(64)), "of a pull that was cut off");
  lab.runtime[Symbol.dispose]();
  lab.runtime = lab.open();
  await lab.runtime.images.collect(new Set());
  assert.deepEqual(traces(lab), nothing);
});

test("IMG-5 an image of an earlier release is converted, and a container of that time finds it by its former id", async () => {
  await using lab = new RuntimeLab();
  const former = "ab".repeat(32);
  const place = join(lab.dataRoot, "images", former);
  mkdirSync(join(place, "rootfs"), { recursive: true });
  execFileSync("sh", ["-ec", root], { cwd: join(place, "rootfs") });
  const record = { id: `sha256:${former}`, references: ["box:latest"], created: "2026-01-02T03:04:05.000Z", size: 1 };
  writeFileSync(join(place, "image.json"), JSON.stringify(record));
  await lab.runtime.prepare();
  await lab.runtime.prepare();
  const image = lab.runtime.images.find("box");
  assert.deepEqual([image.created, lab.runtime.images.find(record.id).id], [record.created, image.id]);
  const rootfs = { kind: "image", reference: "box", imageId: record.id } as const;
  const { output } = await lab.run({
    rootfs,
    env: ["PATH=/bin"],
    args: ["busybox", "stat", "-c", "%u:%g:%a", "/etc/os"],
  });
  assert.equal(output, "12:34:600\n");
  assert.equal(existsSync(place), false);
});

test("IMG-5 a conversion that was cut off or cannot be made keeps the daemon from nothing, nor other images", async () => {
  await using lab = new RuntimeLab();
  const images = join(lab.dataRoot, "images");
  const [half = "", broken = "", whole = ""] = ["0a", "0b", "0c"].map((two) => join(images, two.repeat(32)));
  for (const place of [half, broken, whole]) mkdirSync(join(place, "rootfs"), { recursive: true });
  writeFileSync(join(broken, "image.json"), "{");
  const record = { id: `sha256:${"0c".repeat(32)}`, references: ["box:latest"], created: "2026-01-02T03:04:05.000Z" };
  writeFileSync(join(whole, "image.json"), JSON.stringify(record));
  await lab.runtime.prepare();
  assert.deepEqual(lab.runtime.images.find("box").references, ["box:latest"]);
  assert.deepEqual([half, broken, whole].map(existsSync), [false, true, false]);
  assert.deepEqual(traces(lab).unfinished, []);
});

test("IMG-2 a layer's whiteouts hide what lower layers have, and an opaque directory all of it", async () => {
  await using lab = new RuntimeLab();
  const archive = dockerArchive({
    tags: ["box:1"],
    layers: [
      [directory("d"), file("d/a", "a"), file("d/b", "b"), directory("o"), file("o/x", "x"), file("f", "below")],
      [
        file("d/.wh.a", ""),
        directory("o"),
        file("o/.wh..wh..opq", ""),
        file("o/y", "y"),
        file("f", "above"),
        file(".wh.f", ""),
      ],
      [file("etc/.wh..wh.plnk", ""), directory("deep"), file("deep/file", "z")],
    ],
  });
  const [loaded] = await lab.runtime.images.load(Readable.from([archive]));
  assert.deepEqual(loaded?.references, ["box:1"]);
  const rootfs = { kind: "image", reference: "box:1", imageId: loaded?.id ?? "" } as const;
  const script = "ls -A /d /o /deep; cat /f; find / -xdev -name '.wh.*'";
  const { output } = await lab.run({ rootfs, env: ["PATH=/bin"], args: ["sh", "-c", script] });
  assert.equal(output, "/d:\nb\n\n/deep:\nfile\n\n/o:\ny\nabove");
});

test("IMG-3 images.load() refuses archives that lead out of themselves or are not what they say, and keeps nothing", async () => {
  await using lab = new RuntimeLab();
  const good = dockerArchive({ tags: ["box:1"] });
  const entry = (Config: string, Layers: string[]) => [{ Config, RepoTags: ["evil:1"], Layers }];
  const config = JSON.stringify({ os: "linux", rootfs: { type: "layers", diff_ids: [`sha256:${"0".repeat(64)}`] } });
  const evil: Record<string, Buffer> = {
    "no archive of images": tarOf([file("README", "x")]),
    "a configuration outside": tarOf([file("manifest.json", JSON.stringify(entry("../../../../etc/hostname", [])))]),
    "a link to a configuration outside": tarOf([
      symlink("c.json", "/etc/hostname"),
      file("manifest.json", JSON.stringify(entry("c.json", []))),
    ]),
    "a layer that is another": tarOf([
      file("c.json", config),
      file("l.tar", tarOf([file("x", "y")])),
      file("manifest.json", JSON.stringify(entry("c.json", ["l.tar"]))),
    ]),
    "a configuration of another shape": tarOf([
      file("c.json", JSON.stringify({ rootfs: { diff_ids: [] }, config: { Env: "A=1" } })),
      file("manifest.json", JSON.stringify(entry("c.json", []))),
    ]),
    "half an archive": good.subarray(0, good.length / 2),
  };
  for (const [what, bytes] of Object.entries(evil))
    await assert.rejects(lab.runtime.images.load(Readable.from([bytes])), { code: "INVALID" }, what);
  assert.deepEqual(traces(lab), nothing);
});

test("IMG-2 an image that has a layer twice starts, and shows what is topmost", async () => {
  await using lab = new RuntimeLab();
  const [a, b] = [
    [file("f", "a"), file("only-a", "a")],
    [file("f", "b"), file("only-b", "b")],
  ];
  const archive = dockerArchive({ tags: ["twice:1"], layers: [a, b, a] });
  const [loaded] = await lab.runtime.images.load(Readable.from([archive]));
  const rootfs = { kind: "image", reference: "twice:1", imageId: loaded?.id ?? "" } as const;
  const { output } = await lab.run({ rootfs, env: ["PATH=/bin"], args: ["cat", "/f", "/only-a", "/only-b"] });
  assert.equal(output, "aab");
});

test("IMG-21 an image of as many layers as there may be starts; a commit on it is refused and leaves nothing", async () => {
  await using lab = new RuntimeLab();
  const layers = Array.from({ length: 124 }, (_, number) => [file(`f${number}`, String(number))]);
  const [loaded] = await lab.runtime.images.load(Readable.from([dockerArchive({ tags: ["deep:1"], layers })]));
  const imageId = loaded?.id ?? "";
  const rootfs = { kind: "image", reference: "deep:1", imageId } as const;
  const script = "cat /f0 /f123; echo x >/more";
  const { id, output } = await lab.run({ rootfs, env: ["PATH=/bin"], args: ["sh", "-c", script] });
  assert.equal(output, "0123");
  const before = traces(lab);
  const request = { containerId: id, imageId, config: emptyRuntimeConfig, createdBy: "sh", author: "", comment: "" };
  await assert.rejects(lab.runtime.images.commit(request), { code: "INVALID", message: /126 layers, more than 125/ });
  assert.deepEqual(traces(lab), before);
});
