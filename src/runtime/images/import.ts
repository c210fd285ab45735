import { createWriteStream } from "node:fs";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { ImageWords } from "../../contracts/images.ts";
import { emptyRuntimeConfig, type Image } from "../../model/image.ts";
import { ownPlatform } from "../../model/platform.ts";
import { applyChanges } from "./changes.ts";
import { runtimeConfigJson } from "./config-file.ts";
import type { ImageStore } from "./image-store.ts";
import { makeImage } from "./make-image.ts";
import { storeLayer } from "./store-layer.ts";

/** Makes an image with one layer of a root file system's archive. */
export async function importArchive(
  store: ImageStore,
  archive: NodeJS.ReadableStream,
  words: ImageWords,
): Promise<Image> {
  const config = runtimeConfigJson(applyChanges(emptyRuntimeConfig, words.changes));
  await using _work = store.work();
  using scratch = store.blobs.scratch();
  const file = join(scratch.path, "archive");
  await pipeline(archive, createWriteStream(file, { mode: 0o600 }));
  const { diffId, blob } = await storeLayer(store, file);
  const created = new Date().toISOString();
  const document = {
    ...(words.platform ?? ownPlatform()),
    created,
    ...(words.author ? { author: words.author } : {}),
    comment: words.comment,
    config,
    rootfs: { type: "layers", diff_ids: [diffId] },
    history: [{ created, comment: words.comment }],
  };
  const references = words.reference ? [words.reference] : [];
  return await makeImage(store, Buffer.from(JSON.stringify(document)), [blob], { references });
}
