import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog } from "../../base/log.ts";
import { layerFiles } from "../../kernel/mounts/layer-files.ts";
import { mediaTypes } from "./documents.ts";
import { digestOf } from "./hashing.ts";
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

test("IMG-20 in an archive the file of a configuration is as old as its image, and everything else has no age", async (t) => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-save-"));
  t.after(() => rmSync(directory, { recursive: true, force: true }));
  const store = new ImageStore(directory, { tar: "tar", find: "find", sync: "sync" }, layerFiles, silentLog);
  const about = { os: "linux", architecture: "amd64", rootfs: { type: "layers", diff_ids: [] } };
  const document = Buffer.from(JSON.stringify({ ...about, created: "2024-05-06T07:08:09.5Z" }));
  const { id } = await makeImage(store, document, [], { references: [] });
  const archive = Buffer.concat((await Array.fromAsync(saveImages(store, [{ id, references: [] }]))) as Buffer[]);
  const listed = execFileSync("tar", ["-t", "-v", "--utc", "--full-time", "-f", "-"], {
    input: archive,
    encoding: "utf8",
  });
  const times = listed
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/));
  const dated = times.filter(([, , , day]) => day !== "1970-01-01");
  assert.deepEqual(
    dated.map(([, , , day, time, name]) => [day, time, name]),
    [["2024-05-06", "07:08:09", `blobs/${digestOf(document).replace(":", "/")}`]],
  );
});
