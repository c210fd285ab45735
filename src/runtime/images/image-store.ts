import { mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { EngineError } from "../../base/errors.ts";
import type { Log } from "../../base/log.ts";
import type { LayerFiles } from "../../contracts/layer-files.ts";
import { createdMs, type Image } from "../../model/image.ts";
import { canonicalReference, type ImageReference } from "../../model/image-reference.ts";
import type { ImageRoots } from "../rootfs.ts";
import { runProgram } from "../run-program.ts";
import { Blobs } from "./blobs.ts";
import { chainIds } from "./chain-ids.ts";
import { type ConfigFile, parseConfigFile } from "./config-file.ts";
import { type Descriptor, type Manifest, parseManifest } from "./documents.ts";
import { findImage } from "./find-image.ts";
import { ImageIndex, type IndexEntry } from "./image-index.ts";
import { imageOf } from "./image-of.ts";
import { Layers } from "./layers.ts";
import { type ImageParts, partsNotUnderstood } from "./not-understood.ts";

export interface ImagePrograms {
  readonly tar: string;
  readonly find: string;
  readonly sync: string;
}

/** A manifest with what it leads to. */
export interface StoredManifest {
  readonly id: string;
  readonly manifest: Manifest;
  readonly file: ConfigFile;
}

/**
 * Images below a directory, an OCI image layout with its layers unpacked beside it: oci-layout, index.json, blobs/,
 * layers/. index.json is written last; blobs and layers that it does not lead to are leftovers, and removed.
 */
export class ImageStore implements ImageRoots {
  readonly directory: string;
  readonly programs: ImagePrograms;
  readonly blobs: Blobs;
  readonly layers: Layers;
  readonly #index: ImageIndex;
  readonly #manifests = new Map<string, StoredManifest>();
  /** What the index's entries aside lead to, by manifest. */
  readonly #partsAside = new Map<string, ImageParts>();
  /** Operations that have put down blobs and layers which the index does not know yet. */
  #working = 0;
  /** What a crash left has been collected; since then whoever leaves something collects it. */
  #swept = false;

  constructor(directory: string, programs: ImagePrograms, files: LayerFiles, log: Log) {
    this.directory = directory;
    this.programs = programs;
    mkdirSync(directory, { recursive: true });
    for (const place of [directory, join(directory, "layers")]) removeUnfinished(place);
    this.blobs = new Blobs(directory);
    this.layers = new Layers(join(directory, "layers"), { programs, files });
    this.#index = new ImageIndex(directory);
    this.#putAside(log);
  }

  /** Leaves out what cannot be read; what only this release does not understand keeps its files and its entry. */
  #putAside(log: Log): void {
    const { readable = [], unreadable = [] } = Object.groupBy(this.#index.entries, ({ manifest }) =>
      this.#stored(manifest) ? "readable" : "unreadable",
    );
    this.#index.entries = readable;
    this.#index.aside = unreadable.filter(({ manifest: { digest }, reference, removed }) => {
      const parts = removed ? undefined : partsNotUnderstood(this.blobs, digest);
      if (parts) this.#partsAside.set(digest, parts);
      const what = parts ? "its files are kept for a release that understands it" : "its files go";
      log.error({ digest, reference }, `an image cannot be read and is left out: ${what}; pull or load it again`);
      return parts !== undefined;
    });
  }

  list(): Image[] {
    const ids = new Set(this.#entries().map((entry) => this.#idOf(entry)));
    return [...ids].map((id) => this.#image(id)).sort((left, right) => createdMs(right) - createdMs(left));
  }

  find(reference: string): Image {
    const id = findImage(this.#named(), reference);
    if (id === undefined) throw new EngineError("IMAGE_NOT_FOUND", { image: reference });
    return this.#image(id);
  }

  /** The manifests that an image is known by, the newest name's first. */
  manifestsOf(id: string): { descriptor: IndexEntry["manifest"]; manifest: Manifest }[] {
    const entries = this.#entries().filter((entry) => this.#idOf(entry) === id);
    const digests = new Map(entries.map(({ manifest }) => [manifest.digest, manifest]));
    return [...digests.values()].flatMap((descriptor) => {
      const stored = this.#stored(descriptor);
      return stored ? [{ descriptor, manifest: stored.manifest }] : [];
    });
  }

  /** What a container of this image lies on, also when the image was removed by force. */
  baseOf(imageId: string): StoredManifest | undefined {
    const entry = this.#index.entries.find((one) => this.#idOf(one) === imageId || one.formerId === imageId);
    return entry && this.#stored(entry.manifest);
  }

  /** Where a layer's blob is known to be, when an image has it. */
  blobOf(diffId: string): Descriptor | undefined {
    for (const { file, manifest } of this.#manifests.values()) {
      const at = file.diffIds.indexOf(diffId);
      const layer = at < 0 ? undefined : manifest.layers[at];
      if (layer && this.blobs.has(layer.digest)) return layer;
    }
    return undefined;
  }

  /**
   * Directories of an image's layers, the topmost first; those of an image removed by force too. Each once, where it is
   * topmost: overlayfs takes no directory twice (ELOOP), and what is lower shows nothing that is not hidden.
   */
  rootsOf(imageId: string): string[] {
    const stored = this.baseOf(imageId);
    if (!stored) return [];
    return [...new Set(stored.file.diffIds.toReversed())].map((diffId) => this.layers.pathOf(diffId));
  }

  /**
   * Makes an image of a manifest whose blobs and layers are there, with these names. The commit point of everything that
   * makes images: what it leads to reaches the disk first.
   */
  async add(
    manifest: IndexEntry["manifest"],
    references: readonly ImageReference[],
    about: Pick<IndexEntry, "formerId" | "parentId"> = {},
  ): Promise<Image> {
    const stored = this.#stored(manifest);
    if (!stored) throw new Error(`manifest ${manifest.digest} leads to nothing`);
    await runProgram(this.programs.sync, ["--file-system", this.directory]);
    const taggedAt = new Date().toISOString();
    // Of one that is here already, what is known stays: it is pushed, pulled or loaded again.
    const known = this.#entries().filter((entry) => this.#idOf(entry) === stored.id);
    const all = Object.assign(
      {},
      ...known.map((entry) => ({ ...formerOf(entry), ...parentOf(entry) })),
      about,
    ) as typeof about;
    const named = references.map((one) => ({ manifest, reference: canonicalReference(one), taggedAt, ...all }));
    this.#commit([...this.#without(references), ...(named.length > 0 ? named : [{ manifest, ...all }])]);
    return this.#image(stored.id);
  }

  /** Whether a manifest has all these names already. */
  knows(digest: string, references: readonly ImageReference[]): boolean {
    const entries = this.#entries().filter(({ manifest }) => manifest.digest === digest);
    const names = new Set(entries.map(({ reference }) => reference));
    return entries.length > 0 && references.every((one) => names.has(canonicalReference(one)));
  }

  tag(id: string, reference: ImageReference): void {
    const entry = this.#entries().find((one) => this.#idOf(one) === id);
    if (!entry) throw new EngineError("IMAGE_NOT_FOUND", { image: id });
    const named = { ...entry, reference: canonicalReference(reference), taggedAt: new Date().toISOString() };
    this.#commit([...this.#without([reference]), named]);
  }

  untag(reference: ImageReference): void {
    this.#commit(this.#without([reference]));
  }

  async remove(id: string, { keepFiles }: { keepFiles: boolean }): Promise<string[]> {
    const before = this.#chains();
    const [first] = this.#index.entries.filter((entry) => this.#idOf(entry) === id);
    const others = this.#index.entries.filter((entry) => this.#idOf(entry) !== id);
    const kept = first && keepFiles ? [{ manifest: first.manifest, removed: true, ...formerOf(first) }] : [];
    this.#commit([...others, ...kept]);
    const after = this.#chains();
    await this.#collect();
    return [...before].filter((chain) => !after.has(chain)).reverse();
  }

  async collect(inUse: ReadonlySet<string>): Promise<void> {
    const needed = (entry: IndexEntry) => inUse.has(this.#idOf(entry)) || inUse.has(entry.formerId ?? "");
    const kept = this.#index.entries.filter((entry) => !entry.removed || needed(entry));
    if (kept.length !== this.#index.entries.length) this.#commit(kept);
    else if (this.#swept) return;
    this.#swept = false; // unless it fails
    await this.#collect();
    this.#swept = true;
  }

  /** While it is held, nothing is collected: what is being put down is not in the index yet. */
  work(): AsyncDisposable {
    this.#working += 1;
    return {
      [Symbol.asyncDispose]: async () => {
        this.#working -= 1;
        await this.#collect();
      },
    };
  }

  /** Chooses again after each removal: meanwhile others collect too, or begin to need what is left. */
  async #collect(): Promise<void> {
    for (let next = this.#nextUnneeded(); next !== undefined; next = this.#nextUnneeded())
      await this.layers.remove(next);
  }

  /** Removes blobs that nothing leads to; returns the first such layer. */
  #nextUnneeded(): string | undefined {
    if (this.#working > 0) return undefined;
    const { blobs, layers } = this.#needed();
    for (const digest of this.blobs.all()) if (!blobs.has(digest)) this.blobs.remove(digest);
    return this.layers.all().find((diffId) => !layers.has(diffId));
  }

  #needed(): { blobs: Set<string>; layers: Set<string> } {
    const [blobs, layers] = [new Set<string>(), new Set<string>()];
    const digests = new Set(this.#index.entries.map(({ manifest }) => manifest.digest));
    for (const digest of this.#manifests.keys()) if (!digests.has(digest)) this.#manifests.delete(digest);
    for (const [digest, { manifest, file }] of this.#manifests) {
      for (const one of [digest, manifest.config.digest, ...manifest.layers.map((layer) => layer.digest)])
        blobs.add(one);
      for (const diffId of file.diffIds) layers.add(diffId);
    }
    for (const { manifest } of this.#index.aside) {
      const parts = this.#partsAside.get(manifest.digest);
      for (const digest of parts?.blobs ?? []) blobs.add(digest);
      for (const diffId of parts?.layers ?? []) layers.add(diffId);
    }
    return { blobs, layers };
  }

  /** All entries but these names; an image that would have none left keeps one without a name. */
  #without(references: readonly ImageReference[]): IndexEntry[] {
    const names = new Set(references.map(canonicalReference));
    const kept = this.#index.entries.filter(({ reference }) => !names.has(reference ?? ""));
    const ids = new Set(kept.map((entry) => this.#idOf(entry)));
    const bare = this.#index.entries.flatMap((entry) => {
      if (ids.has(this.#idOf(entry))) return [];
      ids.add(this.#idOf(entry));
      return [{ manifest: entry.manifest, ...formerOf(entry), ...parentOf(entry) }];
    });
    return [...kept, ...bare];
  }

  /** An entry without a name is only there while its image has none; one marked as removed, while it is. */
  #commit(entries: readonly IndexEntry[]): void {
    const named = new Set(entries.filter(({ reference }) => reference).map((entry) => this.#idOf(entry)));
    const seen = new Set<string>();
    const kept = entries.filter((entry) => {
      const id = this.#idOf(entry);
      if (entry.reference) return true;
      if (named.has(id) || seen.has(id)) return false;
      return seen.add(id);
    });
    this.#index.commit(kept);
  }

  #entries(): IndexEntry[] {
    return this.#index.entries.filter((entry) => !entry.removed);
  }

  #named() {
    return this.#entries().map((entry) => ({ ...entry, id: this.#idOf(entry) }));
  }

  #image(id: string): Image {
    const entries = this.#entries().filter((entry) => this.#idOf(entry) === id);
    const stored = entries[0] && this.#stored(entries[0].manifest);
    if (!stored) throw new EngineError("IMAGE_NOT_FOUND", { image: id });
    const image = imageOf(stored, entries, (diffId) => this.layers.sizeOf(diffId));
    const parentId = entries.find((entry) => entry.parentId)?.parentId;
    const isThere = parentId !== undefined && this.#entries().some((entry) => this.#idOf(entry) === parentId);
    return isThere ? { ...image, parentId } : image;
  }

  #chains(): Set<string> {
    const all = this.#entries().map(({ manifest }) => this.#stored(manifest)?.file.diffIds ?? []);
    return new Set(all.flatMap(chainIds));
  }

  #idOf({ manifest }: IndexEntry): string {
    return this.#stored(manifest)?.id ?? "";
  }

  /** undefined when a blob of it is missing or not what it should be. */
  #stored({ digest, mediaType }: IndexEntry["manifest"]): StoredManifest | undefined {
    const known = this.#manifests.get(digest);
    if (known) return known;
    try {
      const manifest = parseManifest(this.blobs.read(digest), mediaType);
      const file = parseConfigFile(this.blobs.read(manifest.config.digest));
      const stored = { id: manifest.config.digest, manifest, file };
      this.#manifests.set(digest, stored);
      return stored;
    } catch (cause) {
      if (cause instanceof EngineError || (cause as NodeJS.ErrnoException).code === "ENOENT") return undefined;
      throw cause;
    }
  }
}

const formerOf = ({ formerId }: IndexEntry) => (formerId === undefined ? {} : { formerId });
const parentOf = ({ parentId }: IndexEntry) => (parentId === undefined ? {} : { parentId });

/** What a crash left under a hidden name. */
function removeUnfinished(directory: string): void {
  mkdirSync(directory, { recursive: true });
  for (const name of readdirSync(directory)) {
    if (name.startsWith(".")) rmSync(join(directory, name), { recursive: true, force: true });
  }
}
