import { readFileSync } from "node:fs";
import type { Blobs } from "./blobs.ts";
import { digestOf } from "./hashing.ts";

/** What an image is made of. */
export interface ImageParts {
  readonly blobs: readonly string[];
  readonly layers: readonly string[];
}

/**
 * What a manifest leads to that this release refuses, as far as it can be told; undefined for a damaged image, whose
 * files are of no use to any release. A parser that became stricter must not cost anybody an image.
 */
export function partsNotUnderstood(blobs: Blobs, digest: string): ImageParts | undefined {
  const manifest = documentOf(blobs, digest) as ManifestShape | undefined;
  const config = manifest?.config?.digest;
  const layers = manifest?.layers;
  const file = config === undefined ? undefined : (documentOf(blobs, config) as ConfigShape | undefined);
  if (config === undefined || !file || !Array.isArray(layers)) return undefined;
  const { diff_ids = [] } = file.rootfs ?? {};
  return { blobs: [digest, config, ...layers.flatMap((layer) => layer?.digest ?? [])], layers: diff_ids };
}

type ManifestShape = {
  readonly config?: { readonly digest?: string };
  readonly layers?: ({ digest?: string } | null)[];
};
type ConfigShape = { readonly rootfs?: { readonly diff_ids?: readonly string[] } };

/** undefined when it is absent, not what its digest says, or no object. */
function documentOf(blobs: Blobs, digest: string): object | undefined {
  try {
    const bytes = readFileSync(blobs.pathOf(digest));
    const value: unknown = digestOf(bytes) === digest ? JSON.parse(bytes.toString("utf8")) : undefined;
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined; // the caller tells of the image
  }
}
