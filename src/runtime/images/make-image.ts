import type { Image } from "../../model/image.ts";
import type { ImageReference } from "../../model/image-reference.ts";
import { type Descriptor, mediaTypes, parseManifest } from "./documents.ts";
import { digestOf } from "./hashing.ts";
import type { IndexEntry } from "./image-index.ts";
import type { ImageStore } from "./image-store.ts";

/** Makes an image of a configuration file and its layers' blobs, which are there: Docker's manifest, schema 2. */
export async function makeImage(
  store: ImageStore,
  config: Uint8Array,
  layers: readonly Descriptor[],
  { references, ...about }: { references: readonly ImageReference[] } & Pick<IndexEntry, "formerId" | "parentId">,
): Promise<Image> {
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: { mediaType: mediaTypes.config, size: config.length, digest: digestOf(config) },
    layers: layers.map(({ mediaType, size, digest: blob }) => ({ mediaType, size, digest: blob })),
  };
  const bytes = Buffer.from(JSON.stringify(manifest, undefined, 3));
  parseManifest(bytes); // refuses what would not be understood later
  await store.blobs.put(config);
  const descriptor = { mediaType: mediaTypes.manifest, digest: await store.blobs.put(bytes), size: bytes.length };
  return store.add(descriptor, references, about);
}
