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

export function useOf(parts: ImageParts, image: Image): ImageUse {
  const others = parts.images.list().filter(({ id }) => id !== image.id);
  const elsewhere = new Set(others.flatMap(({ layers }) => layers.map(({ diffId }) => diffId)));
  const shared = image.layers.filter(({ diffId }) => elsewhere.has(diffId));
  return {
    sharedBytes: shared.reduce((sum, { size }) => sum + size, 0),
    containers: usersOf(parts, image).length,
  };
}
