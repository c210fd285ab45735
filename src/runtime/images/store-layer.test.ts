import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { layerFiles } from "../../kernel/mounts/layer-files.ts";
import { Blobs } from "./blobs.ts";
import { Layers } from "./layers.ts";
import { storeLayer } from "./store-layer.ts";

test("storeLayer() fails when both of its halves have ended, and leaves nothing unfinished", async () => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-layer-"));
  try {
    const parts = { programs: { tar: "tar", find: "find" }, files: layerFiles };
    const store = { blobs: new Blobs(directory), layers: new Layers(join(directory, "layers"), parts) };
    const file = join(directory, "no-archive");
    writeFileSync(file, randomBytes(16 << 20)); // slower to compress than to refuse
    await assert.rejects(storeLayer(store, file), { code: "INVALID" });
    assert.deepEqual(readdirSync(directory).sort(), ["blobs", "layers", "no-archive"]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});
