import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { file, tarOf } from "../../../lab/images/tar.ts";
import { silentLog } from "../../base/log.ts";
import { layerFiles } from "../../kernel/mounts/layer-files.ts";
import { parseImageReference, withTag } from "../../model/image-reference.ts";
import { mediaTypes, parseManifest } from "./documents.ts";
import { ImageStore } from "./image-store.ts";
import { makeImage } from "./make-image.ts";

const programs = { tar: "tar", find: "find", sync: "sync" };

/** A store with layers that no image needs. */
async function storeWith(count: number) {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-images-"));
  const store = new ImageStore(join(directory, "images"), programs, layerFiles, silentLog);
  const owner = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
  for (let number = 0; number < count; number += 1) {
    const archive = join(directory, "archive");
    writeFileSync(archive, tarOf([file("file", `content ${number}`, { owner })]));
    await store.layers.unpack(archive);
  }
  const remove = () => rmSync(directory, { recursive: true, force: true });
  return { store, places: () => readdirSync(join(store.directory, "layers")), [Symbol.dispose]: remove };
}

test("two collections at a time share the work", async () => {
  using lab = await storeWith(5);
  await Promise.all([lab.store.collect(new Set()), lab.store.collect(new Set())]);
  assert.deepEqual([lab.store.layers.all(), lab.places()], [[], []]);
});

test("a collection takes nothing away once work has begun that may need it", async () => {
  using lab = await storeWith(3);
  const { layers } = lab.store;
  const collecting = lab.store.collect(new Set());
  const work = lab.store.work();
  const seen = layers.all();
  await collecting;
  assert.equal(seen.length, 2);
  assert.deepEqual([layers.all(), lab.places().length], [seen, 2]);
  await work[Symbol.asyncDispose]();
  assert.deepEqual([layers.all(), lab.places()], [[], []]);
});

const nameOf = (text: string) => withTag(parseImageReference(text));
const config = (comment: string, diffIds: readonly string[]) =>
  Buffer.from(JSON.stringify({ os: "linux", comment, rootfs: { type: "layers", diff_ids: diffIds } }));

/** Opens the store again; what it says of images is told as "digest reference". */
function reopened(directory: string) {
  const said: string[] = [];
  const error = (fields: object, text: string) => {
    const { digest, reference } = fields as { digest: string; reference?: string };
    if (text.startsWith("an image cannot be read and is left out")) said.push(`${digest} ${reference ?? "-"}`);
  };
  return { said, store: new ImageStore(directory, programs, layerFiles, { ...silentLog, error }) };
}

/** A store with one layer and an image on it, whose manifest is then made one that is refused. */
async function withRefusedImage({ store }: Awaited<ReturnType<typeof storeWith>>) {
  const [diffId = ""] = store.layers.all();
  const layer = { mediaType: mediaTypes.layer, digest: await store.blobs.put(Buffer.from("a layer")), size: 7 };
  const { id } = await makeImage(store, config("one", [diffId]), [layer], { references: [nameOf("box")] });
  const manifest = { schemaVersion: 3, config: { digest: id, size: 1 }, layers: [layer] };
  const digest = await store.blobs.put(Buffer.from(JSON.stringify(manifest)));
  const index = join(store.directory, "index.json");
  const [former] = (JSON.parse(readFileSync(index, "utf8")) as { manifests: { digest: string }[] }).manifests;
  writeFileSync(index, readFileSync(index, "utf8").replace(former?.digest ?? "", digest));
  return { digest, parts: [id, layer.digest, digest], diffId };
}

test("IMG-4 an image that is not understood is told of, and keeps its files until its name is another's", async () => {
  using lab = await storeWith(1);
  const { digest, parts, diffId } = await withRefusedImage(lab);
  const { store, said } = reopened(lab.store.directory);
  assert.deepEqual(said, [`${digest} docker.io/library/box:latest`]);
  assert.throws(() => store.find("box"), { code: "IMAGE_NOT_FOUND" });
  await makeImage(store, config("other", []), [], { references: [nameOf("other")] });
  await store.collect(new Set());
  const next = reopened(lab.store.directory);
  assert.equal(next.said.length, 1);
  assert.deepEqual([parts.filter((one) => !next.store.blobs.has(one)), next.store.layers.all()], [[], [diffId]]);
  await makeImage(next.store, config("fresh", []), [], { references: [nameOf("box")] });
  await next.store.collect(new Set());
  assert.deepEqual([parts.filter((one) => next.store.blobs.has(one)), next.store.layers.all()], [[], []]);
  assert.deepEqual(reopened(lab.store.directory).said, []);
});

test("IMG-4 a damaged image is told of, and is gone, so that it can be pulled again", async () => {
  using lab = await storeWith(0);
  const { id } = await makeImage(lab.store, config("one", []), [], { references: [nameOf("box")] });
  writeFileSync(lab.store.blobs.pathOf(id), "");
  const { store, said } = reopened(lab.store.directory);
  assert.match(said.join(), /^sha256:[0-9a-f]{64} docker.io\/library\/box:latest$/);
  await store.collect(new Set());
  assert.deepEqual(store.blobs.all(), []);
  const again = await makeImage(store, config("one", []), [], { references: [nameOf("box")] });
  assert.equal(again.id, id);
});

test("IMG-21 an image knows its parent, under every name, as long as that is here", async () => {
  using lab = await storeWith(0);
  const parent = await makeImage(lab.store, config("one", []), [], { references: [nameOf("base")] });
  const about = { references: [nameOf("made")], parentId: parent.id };
  const made = await makeImage(lab.store, config("two", []), [], about);
  lab.store.tag(made.id, nameOf("other"));
  lab.store.untag(nameOf("made"));
  const { store } = reopened(lab.store.directory);
  assert.equal(store.find("other").parentId, parent.id);
  await store.remove(parent.id, { keepFiles: false });
  assert.equal(store.find("other").parentId, undefined);
});

test("IMG-21 an image keeps its parent when its only name moves to another, or goes", async () => {
  using lab = await storeWith(0);
  const parent = await makeImage(lab.store, config("one", []), [], { references: [nameOf("base")] });
  const about = { references: [nameOf("made")], parentId: parent.id };
  const first = await makeImage(lab.store, config("two", []), [], about);
  const second = await makeImage(lab.store, config("three", []), [], about);
  lab.store.untag(nameOf("made"));
  const { store } = reopened(lab.store.directory);
  assert.deepEqual(
    [first, second].map(({ id }) => store.find(id).parentId),
    [parent.id, parent.id],
  );
});

test("IMG-21 an image keeps its parent when it comes again under another name, and the first name goes", async () => {
  using lab = await storeWith(0);
  const parent = await makeImage(lab.store, config("one", []), [], { references: [nameOf("base")] });
  const about = { references: [nameOf("made")], parentId: parent.id };
  const { id } = await makeImage(lab.store, config("two", []), [], about);
  await makeImage(lab.store, config("two", []), [], { references: [nameOf("loaded")] });
  lab.store.untag(nameOf("made"));
  assert.equal(lab.store.find(id).parentId, parent.id);
});

test("parseManifest() takes 125 layers, as many as a container can lie on, and no more", () => {
  const descriptor = { digest: `sha256:${"0".repeat(64)}`, size: 1 };
  const manifest = (count: number) =>
    Buffer.from(JSON.stringify({ schemaVersion: 2, config: descriptor, layers: Array(count).fill(descriptor) }));
  assert.equal(parseManifest(manifest(125)).layers.length, 125);
  assert.throws(() => parseManifest(manifest(126)), { code: "INVALID", message: /126 layers, more than 125/ });
});

test("what a crash left is collected once: afterwards the end of a container lists no blobs", async () => {
  using lab = await storeWith(1);
  let lists = 0;
  const { all } = lab.store.blobs;
  lab.store.blobs.all = function count() {
    lists += 1;
    return all.call(this);
  };
  await lab.store.collect(new Set());
  const before = lists;
  await lab.store.collect(new Set());
  assert.deepEqual([before > 0, lists - before, lab.store.layers.all()], [true, 0, []]);
});

for (const text of ["", "null", "{", '{"manifests":{}}', '{"manifests":[null]}']) {
  test(`a store whose index is ${text === "" ? "empty" : text} is not opened, and the file is named`, async () => {
    using lab = await storeWith(1);
    const index = join(lab.store.directory, "index.json");
    writeFileSync(index, text);
    const open = () => new ImageStore(lab.store.directory, programs, layerFiles, silentLog);
    assert.throws(open, ({ message }: Error) => message.includes(`Cannot read the list of images, ${index}: `));
    assert.equal(lab.places().length, 1);
  });
}
