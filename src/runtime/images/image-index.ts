import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { canonicalReference, tryParseImageReference } from "../../model/image-reference.ts";
import type { Descriptor } from "./documents.ts";

/** One name of one image, or an image without any. */
export interface IndexEntry {
  readonly manifest: Pick<Descriptor, "mediaType" | "digest" | "size">;
  /** Normalised: "docker.io/library/busybox:1", or with a digest; absent: the image has no name. */
  readonly reference?: string;
  /** When it got the name, RFC 3339. */
  readonly taggedAt?: string;
  /** It was removed by force; its files stay until no container lies on them. */
  readonly removed?: boolean;
  /** Id that an earlier release knew it by, and its containers do. */
  readonly formerId?: string;
  /** Id of the image of the container that it was made of. */
  readonly parentId?: string;
}

/** OCI image-spec, annotations.md; the others are ours. */
const nameKey = "org.opencontainers.image.ref.name";
const taggedKey = "io.fairlead.tagged";
const removedKey = "io.fairlead.removed";
const formerKey = "io.fairlead.former-id";
const parentKey = "io.fairlead.parent-id";

/**
 * index.json of the image layout: which images there are and their names. It is replaced as a whole, after everything that
 * it speaks of is on disk, so that it is the commit point of every change.
 */
export class ImageIndex {
  readonly #directory: string;
  entries: readonly IndexEntry[];
  /** Entries that stay in the file and are not used, until their name is another's. */
  aside: readonly IndexEntry[] = [];

  constructor(directory: string) {
    this.#directory = directory;
    const layout = join(directory, "oci-layout");
    if (!existsSync(layout)) writeFileSync(layout, JSON.stringify({ imageLayoutVersion: "1.0.0" }));
    this.entries = existsSync(this.#path) ? readIndex(this.#path) : [];
  }

  get #path(): string {
    return join(this.#directory, "index.json");
  }

  commit(entries: readonly IndexEntry[]): void {
    const names = new Set(entries.flatMap(({ reference }) => reference ?? []));
    const aside = this.aside.filter(({ reference }) => !names.has(reference ?? ""));
    const all = [...entries, ...aside];
    const manifests = all.map(({ manifest, ...rest }) => ({ ...manifest, annotations: annotationsOf(rest) }));
    const unfinished = join(this.#directory, ".index.json");
    writeFileSync(unfinished, JSON.stringify({ schemaVersion: 2, manifests }), { flush: true, mode: 0o600 });
    renameSync(unfinished, this.#path);
    this.entries = entries;
    this.aside = aside;
  }
}

function annotationsOf(entry: Omit<IndexEntry, "manifest">): Record<string, string> {
  return {
    ...(entry.reference ? { [nameKey]: entry.reference } : {}),
    ...(entry.taggedAt ? { [taggedKey]: entry.taggedAt } : {}),
    ...(entry.removed ? { [removedKey]: "true" } : {}),
    ...(entry.formerId ? { [formerKey]: entry.formerId } : {}),
    ...(entry.parentId ? { [parentKey]: entry.parentId } : {}),
  };
}

/** Without it nothing tells which layers are needed: to go on would be to remove them all. */
function readIndex(path: string): IndexEntry[] {
  try {
    return parseIndex(readFileSync(path, "utf8"));
  } catch (cause) {
    const ways = "put a copy of it back, or move the folder away and pull or load the images again";
    throw new Error(`Cannot read the list of images, ${path}: ${(cause as Error).message}; ${ways}`, { cause });
  }
}

function parseIndex(text: string): IndexEntry[] {
  const { manifests } = (JSON.parse(text) ?? {}) as { manifests?: unknown };
  if (!Array.isArray(manifests)) throw new Error("it has no list of manifests");
  return (manifests as Descriptor[]).map(({ mediaType, digest, size, annotations = {} }) => {
    const name = tryParseImageReference(annotations[nameKey] ?? "");
    const [tagged, former, parent] = [taggedKey, formerKey, parentKey].map((key) => annotations[key]);
    return {
      manifest: { mediaType, digest, size },
      ...(name ? { reference: canonicalReference(name) } : {}),
      ...(tagged ? { taggedAt: tagged } : {}),
      ...(annotations[removedKey] ? { removed: true } : {}),
      ...(former ? { formerId: former } : {}),
      ...(parent ? { parentId: parent } : {}),
    };
  });
}
