import type { Images } from "../../contracts/images.ts";
import type { ImageStore } from "./image-store.ts";
import { importArchive } from "./import.ts";
import { loadArchive } from "./load.ts";

/** The contract's images, on a store. */
export function imagesOf(store: ImageStore): Images {
  return {
    list: () => store.list(),
    find: (reference) => store.find(reference),
    tag: (id, reference) => store.tag(id, reference),
    untag: (reference) => store.untag(reference),
    remove: (id, options) => store.remove(id, options),
    collect: (inUse) => store.collect(inUse),
    import: (archive, words) => importArchive(store, archive, words),
    load: (archive) => loadArchive(store, archive),
  };
}
