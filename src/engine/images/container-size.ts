import type { Container } from "../../model/container.ts";
import type { ImageParts } from "./use-cases.ts";

export interface ContainerSize {
  readonly writtenBytes: number;
  /** With the image below; what lies below on a root that is none is not measured. */
  readonly wholeBytes: number;
}

export async function containerSize({ images }: ImageParts, { id, config }: Container): Promise<ContainerSize> {
  const { rootfs } = config;
  const writtenBytes = rootfs.kind === "directory" ? 0 : await images.writtenBytes(id);
  const below = rootfs.kind === "image" ? images.list().find((image) => isOf(image, rootfs.imageId)) : undefined;
  return { writtenBytes, wholeBytes: writtenBytes + (below?.size ?? 0) };
}

const isOf = ({ id, formerId }: { readonly id: string; readonly formerId?: string }, imageId: string): boolean =>
  id === imageId || formerId === imageId;
