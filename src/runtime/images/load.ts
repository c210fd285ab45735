import { createReadStream, lstatSync, readFileSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { invalid } from "../../base/errors.ts";
import type { LoadedImage } from "../../contracts/images.ts";
import {
  familiarReference,
  type ImageReference,
  parseImageReference,
  tryParseImageReference,
  withTag,
} from "../../model/image-reference.ts";
import { fits, formatPlatform, ownPlatform, type Platform } from "../../model/platform.ts";
import { findPlatform } from "./choose-platform.ts";
import { parseConfigFile } from "./config-file.ts";
import { type Descriptor, isIndexType, parseIndex, parseManifest } from "./documents.ts";
import type { ImageStore } from "./image-store.ts";
import { makeImage } from "./make-image.ts";
import { storeLayer } from "./store-layer.ts";
import { untar } from "./untar.ts";

/** An entry of manifest.json, which `docker save` writes. */
interface ArchivedImage {
  readonly Config: string;
  readonly RepoTags: readonly string[] | null;
  readonly Layers: readonly string[];
}

/** Takes the images of an archive: Docker's format, or an OCI image layout. With a platform, those for it only. */
export async function loadArchive(
  store: ImageStore,
  archive: NodeJS.ReadableStream,
  platform?: Platform,
): Promise<LoadedImage[]> {
  await using _work = store.work();
  using scratch = store.blobs.scratch();
  // Files only matter: owners and modes are not kept.
  const options = ["--no-same-owner", "--no-same-permissions"];
  await untar({ tar: store.programs.tar, options }, archive, scratch.path);
  const files = new ArchiveFiles(scratch.path);
  const loaded = await loadFrom(store, files, platform);
  if (platform && loaded.length === 0) throw noneFor(platform);
  return loaded;
}

const ofOldDocker =
  'it is of a Docker before 1.10, without "manifest.json": load it with an older Docker, and save it anew there';

const noneFor = (platform: Platform) =>
  invalid("platform", `no image of the archive is for ${formatPlatform(platform)}`);

async function loadFrom(store: ImageStore, files: ArchiveFiles, platform?: Platform): Promise<LoadedImage[]> {
  if (files.has("manifest.json")) return await loadDocker(store, files, platform);
  if (files.has("index.json")) return await loadOci(store, files, platform);
  if (files.has("repositories")) throw invalid("image archive", ofOldDocker);
  throw invalid("image archive", 'it has neither "manifest.json" (docker save) nor "index.json" (OCI layout)');
}

/** Files of an unpacked archive; what leads out of it, by name or by link, is not there. */
class ArchiveFiles {
  readonly #directory: string;
  constructor(directory: string) {
    this.#directory = realpathSync(directory);
  }
  has(name: string): boolean {
    return lstatSync(join(this.#directory, name), { throwIfNoEntry: false }) !== undefined;
  }
  path(name: unknown): string {
    try {
      const path = realpathSync(join(this.#directory, String(name)));
      if (path.startsWith(`${this.#directory}/`) && lstatSync(path).isFile()) return path;
    } catch {
      // absent: told below
    }
    throw invalid("image archive", `"${String(name)}" is missing in it`);
  }
  read(name: unknown): Buffer {
    return readFileSync(this.path(name));
  }
  blob(digest: string): string {
    return this.path(`blobs/${digest.replace(":", "/")}`);
  }
}

async function loadDocker(store: ImageStore, files: ArchiveFiles, platform?: Platform): Promise<LoadedImage[]> {
  const loaded: LoadedImage[] = [];
  for (const { Config, RepoTags, Layers } of readManifestJson(files.read("manifest.json"))) {
    const config = files.read(Config);
    const { diffIds, ...file } = parseConfigFile(config);
    if (platform && !fits(file, platform)) continue; // as Docker does
    if (diffIds.length !== Layers.length)
      throw invalid("image archive", `its configuration has ${diffIds.length} layers, its manifest ${Layers.length}`);
    const references = (RepoTags ?? []).map((tag) => withTag(parseImageReference(tag)));
    const blobs: Descriptor[] = [];
    for (const [index, diffId] of diffIds.entries()) blobs.push(await layerOf(store, files, diffId, Layers[index]));
    const { id } = await makeImage(store, config, blobs, { references });
    loaded.push({ id, references: references.map(familiarReference) });
  }
  return loaded;
}

async function layerOf(store: ImageStore, files: ArchiveFiles, diffId: string, name: unknown): Promise<Descriptor> {
  const known = store.layers.has(diffId) ? store.blobOf(diffId) : undefined;
  return known ?? (await storeLayer(store, files.path(name), diffId)).blob;
}

function readManifestJson(bytes: Buffer): ArchivedImage[] {
  let images: unknown;
  try {
    images = JSON.parse(bytes.toString("utf8"));
  } catch (cause) {
    throw invalid("image archive", `its manifest.json is no JSON: ${(cause as Error).message}`);
  }
  const ok =
    Array.isArray(images) && images.every((one) => typeof one?.Config === "string" && Array.isArray(one.Layers));
  if (ok) return images as ArchivedImage[];
  throw invalid("image archive", "its manifest.json is no list of images");
}

async function loadOci(store: ImageStore, files: ArchiveFiles, platform?: Platform): Promise<LoadedImage[]> {
  const loaded: LoadedImage[] = [];
  const entries = parseIndex(files.read("index.json"));
  for (const entry of entries) {
    const manifest = manifestOf(files, entry, platform ?? ownPlatform());
    if (!manifest || (platform && !fits(platformOf(files, manifest), platform))) continue;
    const references = namesOf(entry);
    const { id } = await loadManifest(store, files, manifest, references);
    loaded.push({ id, references: references.map(familiarReference) });
  }
  if (entries.length > 0 && loaded.length === 0) throw noneFor(platform ?? ownPlatform());
  return loaded;
}

/** Undefined for an image for several platforms of which this is none. */
function manifestOf(files: ArchiveFiles, entry: Descriptor, platform: Platform): Descriptor | undefined {
  if (!isIndexType(entry.mediaType)) return entry;
  return findPlatform(parseIndex(readFileSync(files.blob(entry.digest))), platform);
}

/** By its configuration: what an index says of a manifest may be missing. */
function platformOf(files: ArchiveFiles, { digest, mediaType }: Descriptor): Platform {
  const { config } = parseManifest(readFileSync(files.blob(digest)), mediaType);
  return parseConfigFile(readFileSync(files.blob(config.digest)));
}

/** containerd and Docker write whole names; skopeo and others may write a tag only, which names nothing here. */
function namesOf({ annotations = {} }: Descriptor): ImageReference[] {
  const name = annotations["io.containerd.image.name"] ?? annotations["org.opencontainers.image.ref.name"] ?? "";
  const parsed = name.includes(":") ? tryParseImageReference(name) : undefined;
  return parsed ? [withTag(parsed)] : [];
}

async function loadManifest(
  store: ImageStore,
  files: ArchiveFiles,
  descriptor: Descriptor,
  references: readonly ImageReference[],
) {
  const bytes = files.read(`blobs/${descriptor.digest.replace(":", "/")}`);
  const manifest = parseManifest(bytes, descriptor.mediaType);
  const { diffIds } = parseConfigFile(files.read(`blobs/${manifest.config.digest.replace(":", "/")}`));
  if (diffIds.length !== manifest.layers.length)
    throw invalid("image archive", "its layers are not those of its configuration");
  for (const { digest } of [descriptor, manifest.config, ...manifest.layers])
    if (!store.blobs.has(digest)) await store.blobs.receive(createReadStream(files.blob(digest)), { digest });
  for (const [index, diffId] of diffIds.entries())
    await store.layers.unpack(store.blobs.pathOf(manifest.layers[index]?.digest ?? ""), diffId);
  const { digest } = descriptor;
  return store.add({ mediaType: manifest.mediaType, digest, size: bytes.length }, references);
}
