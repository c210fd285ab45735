import { never } from "../../model/container.ts";
import type { Image } from "../../model/image.ts";
import { familiarReference, parseImageReference } from "../../model/image-reference.ts";
import type { IndexEntry } from "./image-index.ts";
import type { StoredManifest } from "./image-store.ts";

/** An image as the model has it, from its manifest and its names. */
export function imageOf(
  { id, file }: StoredManifest,
  entries: readonly IndexEntry[],
  sizeOf: (diffId: string) => number,
): Image {
  const { diffIds, created, ...rest } = file;
  const names = entries.flatMap(({ reference }) =>
    reference ? [familiarReference(parseImageReference(reference))] : [],
  );
  names.sort();
  const layers = diffIds.map((diffId) => ({ diffId, size: sizeOf(diffId) }));
  const former = entries.find(({ formerId }) => formerId)?.formerId;
  return {
    ...rest,
    id,
    ...(former ? { formerId: former } : {}),
    references: names.filter((name) => !name.includes("@")),
    digests: names.filter((name) => name.includes("@")),
    created: created || never,
    taggedAt:
      entries
        .map(({ taggedAt = "" }) => taggedAt)
        .toSorted()
        .at(-1) ?? "",
    layers,
    size: layers.reduce((sum, layer) => sum + layer.size, 0),
  };
}
