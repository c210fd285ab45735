import type { KeyedLock } from "../../base/keyed-lock.ts";
import type { Log } from "../../base/log.ts";
import type {
  Images,
  ImageWords,
  LoadedImage,
  PulledImage,
  PullOptions,
  PushedImage,
  TransferOptions,
} from "../../contracts/images.ts";
import type { Container } from "../../model/container.ts";
import type { Image } from "../../model/image.ts";
import {
  familiarReference,
  familiarRepository,
  type ImageReference,
  parseImageReference,
  repositoryOf,
  withTag,
} from "../../model/image-reference.ts";
import type { Platform } from "../../model/platform.ts";
import type { Filters } from "../engine.ts";
import type { EventHub } from "../events.ts";
import type { State } from "../state.ts";
import { type CommitWords, commit } from "./commit.ts";
import { type ContainerSize, containerSizes } from "./container-size.ts";
import { imageMatcher, withMatchingNames } from "./filters.ts";
import { findImage } from "./platform.ts";
import { layerSizes, pruneImages } from "./prune.ts";
import { type RemovedImage, removeImage } from "./remove.ts";
import { imagesToSave } from "./save.ts";
import { tellImage } from "./tell.ts";
import { type ImageUse, imagesInUse, usesOf } from "./use.ts";

export type TaggedReference = ImageReference & { readonly tag: string };

/** What the image use cases work with. */
export interface ImageParts {
  readonly images: Images;
  readonly state: Pick<State, "containers" | "containerNamed">;
  /** Those of the containers, by id. */
  readonly locks: KeyedLock;
  readonly events: EventHub;
  readonly log: Log;
}

/** The use cases of images. A reference is a name, an id or the beginning of one. */
export interface ImageUseCases {
  list(filters: Filters): Image[];
  /** With a platform: IMAGE_OTHER_PLATFORM when it is for another one. */
  find(reference: string, platform?: Platform): Image;
  /** How much of an image is shared with others, and how many containers lie on it; counted at the call. */
  uses(): (image: Image) => ImageUse;
  import(archive: NodeJS.ReadableStream, words: ImageWords): Promise<Image>;
  /** With a platform, those for it only. */
  load(archive: NodeJS.ReadableStream, platform?: Platform): Promise<LoadedImage[]>;
  /** Throws at once for what is not there, or for another platform; then an archive of all of them. */
  save(references: readonly string[], platform?: Platform): AsyncIterable<Uint8Array>;
  commit(container: string, words: CommitWords): Promise<Image>;
  /** Bytes of all layers, each counted once. */
  layersBytes(): number;
  /** Bytes that a container wrote, and those together with what lies below, as the images are at the call. */
  containerSizes(): (container: Container) => Promise<ContainerSize>;
  pull(reference: ImageReference, options: PullOptions): Promise<PulledImage>;
  push(reference: TaggedReference, options: TransferOptions): Promise<PushedImage>;
  /** Tags that images of this host have in a repository. */
  namesOf(repository: ImageReference): TaggedReference[];
  readonly tagsOf: Images["tagsOf"];
  readonly lookUp: Images["lookUp"];
  readonly login: Images["login"];
  tag(source: string, target: ImageReference): void;
  remove(reference: string, options: { readonly force: boolean }): Promise<RemovedImage[]>;
  prune(filters: Filters): Promise<{ removed: RemovedImage[]; reclaimedBytes: number }>;
}

/** The use cases, on the images of this host. Disposed, it no longer follows the removal of containers. */
export function imageUseCases(parts: ImageParts): ImageUseCases & Disposable {
  const { images } = parts;
  const following = collectWithContainers(parts);
  return {
    list(filters) {
      const found = images.list().filter(imageMatcher(parts, filters));
      return found.map((image) => withMatchingNames(image, filters));
    },
    find: (reference, platform) => findImage(images, reference, platform),
    uses: () => usesOf(parts),
    async import(archive, words) {
      const image = await images.import(archive, words);
      if (words.reference) tellImage(parts, "tag", { id: image.id, name: familiarReference(words.reference) });
      tellImage(parts, "import", { id: image.id });
      return image;
    },
    async load(archive, platform) {
      const loaded = await images.load(archive, platform);
      for (const { id } of loaded) tellImage(parts, "load", { id });
      return loaded;
    },
    save(references, platform) {
      const wanted = imagesToSave(parts, references);
      for (const { id } of wanted) findImage(images, id, platform);
      for (const { id } of wanted) tellImage(parts, "save", { id });
      return images.save(wanted);
    },
    commit: (container, words) => commit(parts, container, words),
    layersBytes: () => [...layerSizes(parts).values()].reduce((sum, size) => sum + size, 0),
    containerSizes: () => containerSizes(parts),
    async pull(reference, options) {
      const pulled = await images.pull(reference, options);
      tellImage(parts, "pull", { id: pulled.id, ...transferred(reference) });
      return pulled;
    },
    async push(reference, options) {
      const { id } = images.find(familiarReference(reference));
      const pushed = await images.push(id, reference, options);
      tellImage(parts, "push", { id, ...transferred(reference) });
      return pushed;
    },
    namesOf: (repository) => namesOf(parts, repository),
    tagsOf: (reference, access) => images.tagsOf(reference, access),
    lookUp: (reference, access) => images.lookUp(reference, access),
    login: (server, credentials, signal) => images.login(server, credentials, signal),
    tag(source, target) {
      const { id } = images.find(source);
      images.tag(id, target);
      tellImage(parts, "tag", { id, name: familiarReference(target) });
    },
    remove: (reference, options) => removeImage(parts, reference, options),
    prune: (filters) => pruneImages(parts, filters),
    [Symbol.dispose]: () => following[Symbol.dispose](),
  };
}

/** What events of a transfer are about. */
const transferred = (reference: ImageReference) => ({
  actor: familiarReference(reference),
  name: familiarRepository(reference),
});

/** An image that was removed by force goes with the last container that lies on it. */
function collectWithContainers(parts: ImageParts): Disposable {
  const { images, events, log } = parts;
  return events.subscribe(({ type, action }) => {
    if (type !== "container" || action !== "destroy") return;
    images
      .collect(imagesInUse(parts))
      .catch((error: unknown) => log.error({ err: error }, "cannot remove what was left of an image"));
  });
}

function namesOf({ images }: ImageParts, repository: ImageReference): TaggedReference[] {
  const wanted = repositoryOf(repository);
  const all = images.list().flatMap(({ references }) => references.map(parseImageReference));
  return all.flatMap((one) => (one.tag && repositoryOf(one) === wanted ? [{ ...one, tag: one.tag }] : []));
}

/** The name that `repo` and `tag` of a query make, undefined without a repository. */
export function referenceFrom(repository: string, tag: string): ImageReference | undefined {
  if (repository === "") return undefined;
  const separator = tag.startsWith("sha256:") ? "@" : ":";
  return withTag(parseImageReference(tag === "" ? repository : `${repository}${separator}${tag}`));
}
