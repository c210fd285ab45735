import type { Image, ImageRuntimeConfig } from "../model/image.ts";
import type { ImageReference } from "../model/image-reference.ts";
import type { Platform } from "../model/platform.ts";

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
  /** Of an import; none: this machine's. */
  readonly platform?: Platform;
}

export interface SavedImage {
  readonly id: string;
  readonly references: readonly ImageReference[];
}

export interface CommitRequest {
  readonly containerId: string;
  /** The image that it lies on, as it knows it. */
  readonly imageId: string;
  readonly reference?: ImageReference;
  readonly config: ImageRuntimeConfig;
  /** What it ran, for the history. */
  readonly createdBy: string;
  readonly comment: string;
  readonly author: string;
}

/** Who somebody is to a registry; nothing: anybody. Never logged, never part of a command line. */
export interface RegistryCredentials {
  readonly username?: string;
  readonly password?: string;
  /** A refresh token in place of a password. */
  readonly identityToken?: string;
  /** A bearer token, sent as it is. */
  readonly registryToken?: string;
}

export interface RegistryAccess {
  readonly credentials: RegistryCredentials;
  readonly signal: AbortSignal;
}

/** One step of a transfer, in the words that Docker's clients show. */
export interface TransferProgress {
  /** Of a layer, twelve digits; of a pull's first line the tag. */
  readonly id: string;
  readonly status: string;
  /** Bytes. */
  readonly current?: number;
  readonly total?: number;
}

export interface TransferOptions extends RegistryAccess {
  readonly onProgress: (progress: TransferProgress) => void;
}

export interface PullOptions extends TransferOptions {
  /** "linux/arm64"; "": this machine's. */
  readonly platform: string;
}

export interface PulledImage {
  readonly id: string;
  /** What the registry calls it. */
  readonly digest: string;
  /** The name stood for something else before, or for nothing. */
  readonly changed: boolean;
  /** It is for another machine, which nobody asked for. */
  readonly foreignPlatform?: string;
}

export interface PushedImage {
  readonly digest: string;
  /** Bytes of the manifest. */
  readonly size: number;
}

export interface ImageAtRegistry {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platforms: readonly { readonly architecture: string; readonly os: string; readonly variant?: string }[];
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
  /** Takes the images of an archive of `docker save` or of an OCI layout, plain or compressed; of a platform, if one is given. */
  load(archive: NodeJS.ReadableStream, platform?: Platform): Promise<LoadedImage[]>;
  /** An archive that `docker load` takes, here and elsewhere; fails at the first chunk when an image is gone. */
  save(images: readonly SavedImage[]): AsyncIterable<Uint8Array>;
  /** Makes an image of a container's image and what the container wrote. */
  commit(request: CommitRequest): Promise<Image>;
  /** Applies Dockerfile instructions such as `ENV A=1`; throws INVALID for what is none. */
  applyChanges(config: ImageRuntimeConfig, changes: readonly string[]): ImageRuntimeConfig;
  /** Bytes that a container has in its own layer. */
  writtenBytes(containerId: string): Promise<number>;
  /** Fetches an image by tag or digest. What is pulled by several at once comes over the network once. */
  pull(reference: ImageReference, options: PullOptions): Promise<PulledImage>;
  /** Sends an image to the registry that the name says. */
  push(
    id: string,
    reference: ImageReference & { readonly tag: string },
    options: TransferOptions,
  ): Promise<PushedImage>;
  /** Tags of a repository at its registry. */
  tagsOf(reference: ImageReference, access: RegistryAccess): Promise<string[]>;
  lookUp(reference: ImageReference, access: RegistryAccess): Promise<ImageAtRegistry>;
  /** Fails with REGISTRY_UNAUTHORIZED when the registry does not take the credentials. */
  login(server: string, credentials: RegistryCredentials, signal: AbortSignal): Promise<void>;
}
