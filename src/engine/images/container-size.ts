import type { Images } from "../../contracts/images.ts";
import type { Container } from "../../model/container.ts";
import type { ImageParts } from "./use-cases.ts";

/** What a container has in its own layer; a root of its own has none. */
export const writtenBytes = async (
  images: Pick<Images, "writtenBytes">,
  { id, config: { rootfs } }: Container,
): Promise<number> => (rootfs.kind === "directory" ? 0 : await images.writtenBytes(id));

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
  return async (container) => {
    const { rootfs } = container.config;
    const written = await writtenBytes(images, container);
    const below = rootfs.kind === "image" ? (sizes.get(rootfs.imageId) ?? 0) : 0;
    return { writtenBytes: written, wholeBytes: written + below };
  };
}
