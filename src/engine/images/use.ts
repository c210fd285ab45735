import type { Container } from "../../model/container.ts";
import type { Image } from "../../model/image.ts";
import type { ImageParts } from "./use-cases.ts";

export interface ImageUse {
  /** Bytes of layers that other images have too. */
  readonly sharedBytes: number;
  readonly containers: number;
}

/** Ids of images, as containers know them, that containers lie on. */
export function imagesInUse({ state }: Pick<ImageParts, "state">): Set<string> {
  const all = [...state.containers.values()].map(({ config }) => config.rootfs);
  return new Set(all.flatMap((rootfs) => (rootfs.kind === "image" ? [rootfs.imageId] : [])));
}

/** The containers that lie on an image, running or not. */
export function usersOf({ state }: Pick<ImageParts, "state">, image: Image): Container[] {
  const ids = new Set([image.id, image.formerId]);
  return [...state.containers.values()].filter(({ config: { rootfs } }) => {
    return rootfs.kind === "image" && ids.has(rootfs.imageId);
  });
}

/** Counts once how the images are used now, for whoever asks for several of them. */
export function usesOf(parts: ImageParts): (image: Image) => ImageUse {
  const owners = new Map<string, number>();
  for (const { layers } of parts.images.list())
    for (const diffId of new Set(layers.map((layer) => layer.diffId)))
      owners.set(diffId, (owners.get(diffId) ?? 0) + 1);
  return (image) => {
    const shared = image.layers.filter(({ diffId }) => (owners.get(diffId) ?? 0) > 1);
    return {
      sharedBytes: shared.reduce((sum, { size }) => sum + size, 0),
      containers: usersOf(parts, image).length,
    };
  };
}
