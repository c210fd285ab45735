import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { layerFiles } from "../../kernel/mounts/layer-files.ts";
import { ImageStore } from "./image-store.ts";

const programs = { tar: "tar", find: "find", sync: "sync" };

/** A store with layers that no image needs. */
function storeWith(count: number) {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-images-"));
  const store = new ImageStore(join(directory, "images"), programs, layerFiles);
  for (let number = 0; number < count; number += 1) {
    const root = join(directory, "root");
    mkdirSync(root);
    writeFileSync(join(root, "file"), "content");
    store.layers.adopt(root, { diffId: `sha256:${String(number).repeat(64)}`, size: 7 });
  }
  const remove = () => rmSync(directory, { recursive: true, force: true });
  return { store, places: () => readdirSync(join(store.directory, "layers")), [Symbol.dispose]: remove };
}

test("two collections at a time share the work", async () => {
  using lab = storeWith(5);
  await Promise.all([lab.store.collect(new Set()), lab.store.collect(new Set())]);
  assert.deepEqual([lab.store.layers.all(), lab.places()], [[], []]);
});

test("a collection takes nothing away once work has begun that may need it", async () => {
  using lab = storeWith(3);
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
