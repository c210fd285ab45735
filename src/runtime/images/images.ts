import type { Images, TransferProgress } from "../../contracts/images.ts";
import type { LayerFiles } from "../../contracts/layer-files.ts";
import { applyChanges } from "./changes.ts";
import { commitContainer } from "./commit.ts";
import type { ImageStore } from "./image-store.ts";
import { importArchive } from "./import.ts";
import { loadArchive } from "./load.ts";
import type { RegistrySettings } from "./registry/endpoints.ts";
import { login, lookUp, tagsOf } from "./registry/look.ts";
import { pullImage } from "./registry/pull.ts";
import { pushImage } from "./registry/push.ts";
import { saveImages } from "./save.ts";
import { SharedWork } from "./shared-work.ts";
import { bytesBelow } from "./written-bytes.ts";

export interface ImageOperations {
  readonly store: ImageStore;
  readonly files: LayerFiles;
  readonly settings: RegistrySettings;
  /** A container's own layer. */
  readonly upperOf: (containerId: string) => string;
}

/** The contract's images, on a store. */
export function imagesOf({ store, files, settings, upperOf }: ImageOperations): Images {
  const parts = { store, settings, transfers: new SharedWork<void, TransferProgress>() };
  return {
    list: () => store.list(),
    find: (reference) => store.find(reference),
    tag: (id, reference) => store.tag(id, reference),
    untag: (reference) => store.untag(reference),
    remove: (id, options) => store.remove(id, options),
    collect: (inUse) => store.collect(inUse),
    import: (archive, words) => importArchive(store, archive, words),
    load: (archive, platform) => loadArchive(store, archive, platform),
    save: (images) => saveImages(store, images),
    commit: (request) => commitContainer({ store, files, upper: upperOf(request.containerId) }, request),
    applyChanges,
    writtenBytes: (containerId) => bytesBelow(store.programs.find, upperOf(containerId)),
    pull: (reference, options) => pullImage(parts, reference, options),
    push: (id, reference, options) => pushImage(parts, id, reference, options),
    tagsOf: (reference, access) => tagsOf(settings, reference, access),
    lookUp: (reference, access) => lookUp(settings, reference, access),
    login: (server, credentials, signal) => login(settings, server, credentials, signal),
  };
}
