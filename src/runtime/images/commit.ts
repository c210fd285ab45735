import { existsSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../base/errors.ts";
import type { CommitRequest } from "../../contracts/images.ts";
import type { LayerFiles } from "../../contracts/layer-files.ts";
import type { Image } from "../../model/image.ts";
import { runtimeConfigJson } from "./config-file.ts";
import { readJson } from "./documents.ts";
import type { ImageStore } from "./image-store.ts";
import { makeImage } from "./make-image.ts";
import { packUpper } from "./pack-upper.ts";
import { type StoredLayer, storeLayer } from "./store-layer.ts";

/** Makes an image of a container's image and what the container wrote. */
export async function commitContainer(
  { store, files, upper }: { readonly store: ImageStore; readonly files: LayerFiles; readonly upper: string },
  request: CommitRequest,
): Promise<Image> {
  await using _work = store.work();
  using scratch = store.blobs.scratch();
  const base = store.baseOf(request.imageId);
  if (!base) throw new EngineError("IMAGE_NOT_FOUND", { image: request.imageId });
  const layer = await storeUpper(store, { files, upper }, scratch.path);
  const document = readJson(store.blobs.read(base.manifest.config.digest), "image configuration");
  const created = new Date().toISOString();
  const { author, comment } = request;
  const entry = {
    created,
    created_by: request.createdBy,
    ...(author ? { author } : {}),
    ...(comment ? { comment } : {}),
  };
  const changed = {
    ...document,
    ...(author ? { author } : {}),
    comment,
    created,
    config: runtimeConfigJson(request.config),
    rootfs: { type: "layers", diff_ids: [...base.file.diffIds, ...(layer ? [layer.diffId] : [])] },
    history: [
      ...(Array.isArray(document["history"]) ? document["history"] : []),
      layer ? entry : { ...entry, empty_layer: true },
    ],
  };
  const blobs = [...base.manifest.layers, ...(layer ? [layer.blob] : [])];
  const references = request.reference ? [request.reference] : [];
  return await makeImage(store, Buffer.from(JSON.stringify(changed)), blobs, { references, parentId: base.id });
}

/** undefined: it has written nothing, or never ran. */
async function storeUpper(
  store: ImageStore,
  { files, upper }: { readonly files: LayerFiles; readonly upper: string },
  scratch: string,
): Promise<StoredLayer | undefined> {
  if (!existsSync(upper)) return undefined;
  const archive = join(scratch, "layer.tar");
  const packed = await packUpper({ programs: store.programs, files }, upper, scratch, archive);
  return packed ? storeLayer(store, archive) : undefined;
}
