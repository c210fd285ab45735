import { invalid } from "../../../base/errors.ts";
import type { PulledImage, PullOptions } from "../../../contracts/images.ts";
import { familiarReference, type ImageReference } from "../../../model/image-reference.ts";
import { fits, formatPlatform, ownPlatform, type Platform, parsePlatform } from "../../../model/platform.ts";
import { parseConfigFile } from "../config-file.ts";
import { type Descriptor, parseManifest } from "../documents.ts";
import type { ImageStore } from "../image-store.ts";
import { ask } from "./ask.ts";
import type { RegistrySettings } from "./endpoints.ts";
import { fetchLayer, type LayerTransfers, shortDigest } from "./fetch-layer.ts";
import { type FetchedManifest, resolveManifest } from "./manifest.ts";
import type { Registry } from "./registry.ts";

export interface PullParts {
  readonly store: ImageStore;
  readonly settings: RegistrySettings;
  readonly transfers: LayerTransfers;
}

/** Layers fetched at a time by one pull, as dockerd's --max-concurrent-downloads. */
const atOnce = 3;

/** Images.pull: the mirrors are asked first. */
export async function pullImage(
  parts: PullParts,
  reference: ImageReference,
  options: PullOptions,
): Promise<PulledImage> {
  await using _work = parts.store.work();
  const platform = parsePlatform(options.platform);
  return await ask({ settings: parts.settings, reference, access: options }, async (registry) => {
    const found = await resolveManifest(registry, reference, platform);
    return await pullFrom(parts, registry, reference, found, { ...options, wanted: platform });
  });
}

async function pullFrom(
  parts: PullParts,
  registry: Registry,
  reference: ImageReference,
  found: FetchedManifest & { readonly named: string },
  options: PullOptions & { readonly wanted: Platform },
): Promise<PulledImage> {
  const { store } = parts;
  const manifest = parseManifest(found.bytes, found.descriptor.mediaType);
  const { path } = reference;
  options.onProgress({ id: reference.digest ?? reference.tag ?? "", status: `Pulling from ${path}` });
  const had = store.blobs.has(manifest.config.digest);
  const config = await fetchConfig(store, registry, path, manifest.config);
  const file = parseConfigFile(config);
  if (file.os !== "linux")
    throw invalid("platform", `image operating system "${file.os}" cannot be used on this platform`);
  if (options.platform !== "" && !fits(file, options.wanted))
    throw invalid(
      "platform",
      `image with reference ${familiarReference(reference)} was found but its platform (${formatPlatform(file)}) does not match the specified platform (${formatPlatform(options.wanted)})`,
    );
  if (file.diffIds.length !== manifest.layers.length)
    throw invalid("image manifest", "its layers are not those of its configuration");
  await fetchLayers(parts, registry, { path, layers: manifest.layers, diffIds: file.diffIds, had }, options);
  await store.blobs.put(found.bytes);
  const names = namesOf(reference, found.named);
  const changed = !store.knows(found.descriptor.digest, names.slice(0, 1));
  const id = manifest.config.digest;
  if (!store.knows(found.descriptor.digest, names))
    await store.add({ ...found.descriptor, mediaType: manifest.mediaType }, names);
  const foreign = options.platform === "" && !fits(file, ownPlatform());
  return { id, digest: found.named, changed, ...(foreign ? { foreignPlatform: formatPlatform(file) } : {}) };
}

/** The name that was asked for, and the one by digest. */
function namesOf({ domain, path, tag, digest }: ImageReference, named: string): ImageReference[] {
  const byDigest = { domain, path, digest: digest ?? named };
  return digest === undefined && tag !== undefined ? [{ domain, path, tag }, byDigest] : [byDigest];
}

async function fetchConfig(
  store: ImageStore,
  registry: Registry,
  path: string,
  { digest, size }: Descriptor,
): Promise<Buffer> {
  if (store.blobs.has(digest)) return store.blobs.read(digest);
  const { bytes } = await registry.document({ method: "GET", path: `/v2/${path}/blobs/${digest}` });
  if (bytes.length !== size || (await store.blobs.put(bytes)) !== digest)
    throw invalid("image configuration", `it is not what its digest ${digest} says`);
  return bytes;
}

interface WantedLayers {
  /** Of the repository. */
  readonly path: string;
  readonly layers: readonly Descriptor[];
  readonly diffIds: readonly string[];
  /** Whether the image's configuration was here before. */
  readonly had: boolean;
}

async function fetchLayers(
  { store, transfers }: PullParts,
  registry: Registry,
  { path, layers, diffIds, had }: WantedLayers,
  { onProgress, signal }: PullOptions,
): Promise<void> {
  const wanted = layers.map((layer, index) => ({ layer, diffId: diffIds[index] ?? "" }));
  const missing = wanted.filter(({ layer, diffId }) => !store.blobs.has(layer.digest) || !store.layers.has(diffId));
  if (had && missing.length === 0) return; // Docker tells of no layer of an image that it has
  for (const one of wanted) {
    const status = missing.includes(one) ? "Pulling fs layer" : "Already exists";
    onProgress({ id: shortDigest(one.layer.digest), status });
  }
  for (const { layer } of missing.slice(atOnce)) onProgress({ id: shortDigest(layer.digest), status: "Waiting" });
  const abort = new AbortController();
  const together = AbortSignal.any([signal, abort.signal]);
  const work = async () => {
    for (let next = missing.shift(); next; next = missing.shift()) {
      const one = { path, ...next };
      const key = `${next.layer.digest} ${next.diffId}`;
      // What is shared goes on when the client that began it leaves.
      const start = (own: AbortSignal, report: typeof onProgress) =>
        fetchLayer(store, { ...one, registry: registry.during(own) }, { signal: own, report });
      await transfers.join(key, start, { signal: together, onProgress });
    }
  };
  const workers = Array.from({ length: atOnce }, () => work());
  try {
    await Promise.all(workers);
  } catch (error) {
    abort.abort(error); // the others' layers are for nobody
    await Promise.allSettled(workers);
    throw error;
  }
}
