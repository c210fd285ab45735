import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog } from "../../base/log.ts";
import { layerFiles } from "../../kernel/mounts/layer-files.ts";
import { mediaTypes } from "./documents.ts";
import { ImageStore } from "./image-store.ts";
import { makeImage } from "./make-image.ts";
import { saveImages } from "./save.ts";

test("IMG-20 an image is saved whole while others begin to save it", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-save-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const store = new ImageStore(directory, { tar: "tar", find: "find", sync: "sync" }, layerFiles, silentLog);
  const content = randomBytes(8 << 20); // far more than the pipe holds: tar is in the middle of it
  const layer = { mediaType: mediaTypes.layer, digest: await store.blobs.put(content), size: content.length };
  const document = { os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: [layer.digest] } };
  const { id } = await makeImage(store, Buffer.from(JSON.stringify(document)), [layer], { references: [] });
  const saves = [0, 1, 2].map(() => saveImages(store, [{ id, references: [] }]));
  t.after(() => Promise.all(saves.map((save) => save.return(undefined)))); // ends tar, whatever has failed
  const sizes = saves.map(() => 0);
  const read = async (index: number) => {
    const { value, done } = (await saves[index]?.next()) ?? { done: true };
    sizes[index] = (sizes[index] ?? 0) + (value?.length ?? 0);
    return done !== true;
  };
  for (const index of saves.keys()) await read(index);
  for (const index of saves.keys()) while (await read(index));
  assert.ok(
    sizes.every((size) => size > content.length && size === sizes[0]),
    sizes.join(),
  );
});

test("IMG-20 a save waits for a tar that ends some time after its output", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-save-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const tar = join(directory, "slow-tar");
  writeFileSync(tar, '#!/bin/sh\ntar "$@" || exit\nexec >&-\nsleep 0.3\n', { mode: 0o755 });
  const store = new ImageStore(join(directory, "images"), { tar, find: "find", sync: "sync" }, layerFiles, silentLog);
  const document = { os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: [] } };
  const { id } = await makeImage(store, Buffer.from(JSON.stringify(document)), [], { references: [] });
  const pieces = await Array.fromAsync(saveImages(store, [{ id, references: [] }]));
  assert.ok(pieces.length > 0);
});
