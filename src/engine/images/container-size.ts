import type { Container } from "../../model/container.ts";
import type { ImageParts } from "./use-cases.ts";

export interface ContainerSize {
  readonly writtenBytes: number;
  /** With the image below; what lies below on a root that is none is not measured. */
  readonly wholeBytes: number;
}

/** Looks at the images once, for whoever asks for several containers. */
export function containerSizes({ images }: ImageParts): (container: Container) => Promise<ContainerSize> {
  const sizes = new Map(
    images.list().flatMap(({ id, formerId, size }) => [id, formerId ?? id].map((one) => [one, size] as const)),
  );
  return async ({ id, config: { rootfs } }) => {
    const writtenBytes = rootfs.kind === "directory" ? 0 : await images.writtenBytes(id);
    const below = rootfs.kind === "image" ? (sizes.get(rootfs.imageId) ?? 0) : 0;
    return { writtenBytes, wholeBytes: writtenBytes + below };
  };
}
