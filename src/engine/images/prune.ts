import { EngineError } from "../../base/errors.ts";
import { canonicalReference, parseImageReference } from "../../model/image-reference.ts";
import type { Filters } from "../engine.ts";
import { oneOf } from "../filter-values.ts";
import { imageMatcher, isDangling } from "./filters.ts";
import { conflictOf, isSingle, type RemovedImage, removeImage } from "./remove.ts";
import type { ImageParts } from "./use-cases.ts";

/**
 * Removes images without a tag, or with dangling=false all that no container lies on; one with a container keeps the last
 * of its names, as with Docker.
 */
export async function pruneImages(
  parts: ImageParts,
  { dangling = [], ...filters }: Filters,
): Promise<{ removed: RemovedImage[]; reclaimedBytes: number }> {
  const values = dangling.map((value) => oneOf("dangling", value, ["true", "false", "1", "0"]));
  const all = values.some((value) => value === "false" || value === "0");
  const matches = imageMatcher(parts, filters);
  const before = layerSizes(parts);
  const removed: RemovedImage[] = [];
  for (const image of parts.images.list()) {
    if ((!all && !isDangling(image)) || !matches(image)) continue;
    const names = [...image.references, ...image.digests].toSorted(byWholeName);
    for (const name of names.length > 0 ? names : [image.id]) {
      // With its last name or the last tag of a repository the rest may have gone already.
      if (isThere(parts, name) && !isHeld(parts, name))
        removed.push(...(await removeImage(parts, name, { force: false })));
    }
  }
  const after = layerSizes(parts);
  const gone = [...before].filter(([diffId]) => !after.has(diffId));
  const reclaimedBytes = gone.reduce((sum, [, size]) => sum + size, 0);
  parts.events.emit("image", "prune", { id: "", attributes: { reclaimed: String(reclaimedBytes) } });
  return { removed, reclaimedBytes };
}

/** As Docker orders them: with what is understood, "docker.io/library/". */
const byWholeName = (left: string, right: string): number => (whole(left) < whole(right) ? -1 : 1);
const whole = (name: string): string => canonicalReference(parseImageReference(name));

/** A container lies on it, and it would be left without a name. */
function isHeld(parts: ImageParts, name: string): boolean {
  const image = parts.images.find(name);
  return (isDangling(image) || isSingle(image)) && conflictOf(parts, image, false) !== undefined;
}

function isThere({ images }: ImageParts, name: string): boolean {
  try {
    images.find(name);
    return true;
  } catch (error) {
    if (error instanceof EngineError && error.code === "IMAGE_NOT_FOUND") return false;
    throw error;
  }
}

/** Bytes of every layer that an image has. */
export const layerSizes = ({ images }: Pick<ImageParts, "images">): Map<string, number> =>
  new Map(images.list().flatMap(({ layers }) => layers.map(({ diffId, size }) => [diffId, size] as const)));
