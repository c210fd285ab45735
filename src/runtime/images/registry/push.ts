import { createReadStream } from "node:fs";
import { Readable } from "node:stream";
import { EngineError } from "../../../base/errors.ts";
import type { PushedImage, TransferOptions } from "../../../contracts/images.ts";
import { type ImageReference, repositoryOf } from "../../../model/image-reference.ts";
import { type Descriptor, parseManifest } from "../documents.ts";
import type { ImageStore } from "../image-store.ts";
import { endpointsOf, type RegistrySettings } from "./endpoints.ts";
import { shortDigest, throttled } from "./fetch-layer.ts";
import { Registry } from "./registry.ts";
import { RegistryError } from "./registry-error.ts";

/** Images.push: what the registry has is not sent. */
export async function pushImage(
  { store, settings }: { readonly store: ImageStore; readonly settings: RegistrySettings },
  id: string,
  reference: ImageReference & { readonly tag: string },
  { credentials, onProgress, signal }: TransferOptions,
): Promise<PushedImage> {
  await using _work = store.work();
  const [found] = store.manifestsOf(id);
  const endpoint = endpointsOf(reference.domain, settings).at(-1);
  if (!found || !endpoint) throw new EngineError("IMAGE_NOT_FOUND", { image: id });
  const bytes = store.blobs.read(found.descriptor.digest);
  const manifest = parseManifest(bytes, found.descriptor.mediaType);
  const { path, domain } = reference;
  const scope = `repository:${path}:pull,push`;
  const registry = new Registry(domain, endpoint, { credentials, scope, signal });
  const diffIds = store.baseOf(id)?.file.diffIds ?? [];
  const upwards = manifest.layers.map((layer, index) => ({ layer, id: shortDigest(diffIds[index] ?? layer.digest) }));
  const layers = upwards.toReversed(); // Docker tells of the last one first
  try {
    for (const one of layers) onProgress({ id: one.id, status: "Preparing" });
    for (const one of layers)
      await pushBlob(store, registry, path, one.layer, (progress) => onProgress({ id: one.id, ...progress }));
    await pushBlob(store, registry, path, manifest.config, () => undefined);
    const headers = { "Content-Type": manifest.mediaType, "Content-Length": String(bytes.length) };
    await registry.document({
      method: "PUT",
      path: `/v2/${path}/manifests/${reference.tag}`,
      headers,
      body: () => bytes,
    });
  } catch (error) {
    throw error instanceof RegistryError ? pushFailure(error, reference) : error;
  }
  const { digest } = found.descriptor;
  const named = { domain, path, digest };
  if (!store.knows(digest, [named])) await store.add(found.descriptor, [named]);
  return { digest, size: bytes.length };
}

type Report = (progress: { status: string; current?: number; total?: number }) => void;

async function pushBlob(
  store: ImageStore,
  registry: Registry,
  path: string,
  blob: Descriptor,
  report: Report,
): Promise<void> {
  if (await exists(registry, path, blob)) return report({ status: "Layer already exists" });
  const begun = await registry.ask({
    method: "POST",
    path: `/v2/${path}/blobs/uploads/`,
    headers: { "Content-Length": "0" },
  });
  begun.resume();
  const { location = "" } = begun.headers;
  const separator = location.includes("?") ? "&" : "?";
  const every = throttled((current) => report({ status: "Pushing", current, total: blob.size }));
  await registry.document({
    method: "PUT",
    path: `${location}${separator}digest=${encodeURIComponent(blob.digest)}`,
    headers: { "Content-Type": "application/octet-stream", "Content-Length": String(blob.size) },
    body: () => Readable.from(counted(store.blobs.pathOf(blob.digest), every), { objectMode: false }),
  });
  report({ status: "Pushed" });
}

/** What a file holds; the file is closed when nobody wants the rest. */
async function* counted(path: string, onBytes: (total: number) => void): AsyncGenerator<Buffer> {
  let total = 0;
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    total += chunk.length;
    onBytes(total);
    yield chunk;
  }
}

async function exists(registry: Registry, path: string, { digest }: Descriptor): Promise<boolean> {
  try {
    (await registry.ask({ method: "HEAD", path: `/v2/${path}/blobs/${digest}` })).resume();
    return true;
  } catch (error) {
    if (error instanceof RegistryError && error.status === 404) return false;
    throw error;
  }
}

function pushFailure(error: RegistryError, reference: ImageReference): EngineError {
  return new EngineError(
    "REGISTRY_FAILED",
    { registry: repositoryOf(reference), why: error.message },
    { cause: error },
  );
}
