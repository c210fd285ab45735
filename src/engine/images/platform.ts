import { EngineError } from "../../base/errors.ts";
import type { Images } from "../../contracts/images.ts";
import type { Image } from "../../model/image.ts";
import { fits, formatPlatform, ownPlatform, type Platform } from "../../model/platform.ts";

/** As Images.find, for a platform if one is given: an image here is of one platform. */
export function findImage(images: Pick<Images, "find">, reference: string, wanted?: Platform): Image {
  const image = images.find(reference);
  if (!wanted || fits(image, wanted)) return image;
  const [asked, actual] = [wanted, image].map(formatPlatform) as [string, string];
  throw new EngineError("IMAGE_OTHER_PLATFORM", { image: reference, wanted: asked, actual });
}

/** Docker's warning for an image of another machine that nobody asked for. */
export function platformWarnings(image: Image | undefined): string[] {
  const own = ownPlatform();
  if (!image || fits(image, own)) return [];
  const [theirs, ours] = [image, own].map(formatPlatform);
  return [
    `The requested image's platform (${theirs}) does not match the detected host platform (${ours}) and no specific platform was requested`,
  ];
}
