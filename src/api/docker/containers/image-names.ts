import { EngineError } from "../../../base/errors.ts";
import type { ImageUseCases } from "../../../engine/images/use-cases.ts";
import type { ContainerConfig, Rootfs } from "../../../model/container.ts";
import { imageName } from "./inspect-json.ts";

/**
 * What a list calls a container's image: what it was made of, as long as that still means the same image, else the image's
 * id (moby, daemon/list.go). Each name is looked up once.
 */
export function imageNames(images: Pick<ImageUseCases, "find">): (config: ContainerConfig) => string {
  const meant = new Map<string, readonly (string | undefined)[]>();
  const idsOf = (reference: string) => {
    const ids = meant.get(reference) ?? lookUp(images, reference);
    meant.set(reference, ids);
    return ids;
  };
  const isStill = ({ reference, imageId }: Extract<Rootfs, { kind: "image" }>) => idsOf(reference).includes(imageId);
  return (config) => {
    const { rootfs } = config;
    return rootfs.kind === "image" && !isStill(rootfs) ? rootfs.imageId : imageName(config);
  };
}

/**
 * The filter `ancestor` finds containers by their image, whichever of its names is given, and by the images that were
 * committed of its containers, theirs, and so on (moby, daemon/list.go).
 */
export function ancestorIds(images: Pick<ImageUseCases, "find" | "list">, names: readonly string[]): readonly string[] {
  const ids = new Set(names.flatMap((name) => lookUp(images, name).filter((id) => id !== undefined)));
  const madeOf = Map.groupBy(images.list({}), ({ parentId }) => parentId);
  // A set that grows while it is gone through: what is added is gone through as well.
  for (const id of ids) for (const child of madeOf.get(id) ?? []) ids.add(child.id);
  return [...names, ...ids];
}

/** The ids that containers may know the image by; none when the name means nothing any more. */
function lookUp(images: Pick<ImageUseCases, "find">, reference: string): readonly (string | undefined)[] {
  try {
    const { id, formerId } = images.find(reference);
    return [id, formerId];
  } catch (error) {
    if (error instanceof EngineError) return [];
    throw error;
  }
}
