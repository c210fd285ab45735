import type { Image } from "../model/image.ts";
import type { ImageReference } from "../model/image-reference.ts";

/** An image that an archive held, and the names that it gave it, in the familiar form. */
export interface LoadedImage {
  readonly id: string;
  readonly references: readonly string[];
}

/** What `docker import` and `docker commit` say of the new image. */
export interface ImageWords {
  /** None: the image has no name. */
  readonly reference?: ImageReference;
  /** Dockerfile instructions. */
  readonly changes: readonly string[];
  readonly comment: string;
  readonly author: string;
}

/** Images of the data root: an OCI image layout, each layer unpacked once and shared by all containers through overlayfs. */
export interface Images {
  /** Newest first. */
  list(): Image[];
  /** By name, name and digest, id or unique id prefix, in Docker's order; IMAGE_NOT_FOUND otherwise. */
  find(reference: string): Image;
  /** Gives an image a name, which leaves the image that had it. */
  tag(id: string, reference: ImageReference): void;
  /** Takes a name away; the image stays. */
  untag(reference: ImageReference): void;
  /**
   * Removes an image with all its names, and what no other image needs; one that is kept for its containers goes at the next
   * collect() that finds none. Returns the chain ids of the layers that went with it.
   */
  remove(id: string, options: { readonly keepFiles: boolean }): Promise<string[]>;
  /** Removes what no image and none of these ids of images needs. */
  collect(inUse: ReadonlySet<string>): Promise<void>;
  /** Unpacks a root-file-system tar, plain or compressed. The stream's failure leaves nothing behind. */
  import(archive: NodeJS.ReadableStream, words: ImageWords): Promise<Image>;
  /** Takes the images of an archive of `docker save` or of an OCI layout, plain or compressed. */
  load(archive: NodeJS.ReadableStream): Promise<LoadedImage[]>;
}
