import { invalid } from "../../../base/errors.ts";
import { type ImageReference, repositoryOf } from "../../../model/image-reference.ts";
import type { Platform } from "../../../model/platform.ts";
import { choosePlatform } from "../choose-platform.ts";
import { type Descriptor, isIndexType, mediaTypes, parseIndex, readJson } from "../documents.ts";
import { digestOf } from "../hashing.ts";
import type { Registry } from "./registry.ts";

const accepted = [mediaTypes.ociManifest, mediaTypes.manifest, mediaTypes.ociIndex, mediaTypes.manifestList].join(", ");

export interface FetchedManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
}

/** The manifest or index that a name stands for. What comes must be what its digest says. */
export async function fetchManifest(registry: Registry, path: string, tagOrDigest: string): Promise<FetchedManifest> {
  const ask = { method: "GET", path: `/v2/${path}/manifests/${tagOrDigest}`, headers: { Accept: accepted } };
  const { bytes, answer } = await registry.document(ask);
  const digest = digestOf(bytes);
  if (tagOrDigest.startsWith("sha256:") && tagOrDigest !== digest)
    throw invalid("manifest", `its digest is ${digest}, not ${tagOrDigest}`);
  const type = String(readJson(bytes, "image manifest")["mediaType"] ?? answer.headers["content-type"] ?? "");
  return { descriptor: { mediaType: type.replace(/;.*$/, ""), digest, size: bytes.length }, bytes };
}

/** The manifest for a platform, and the digest that the name itself has: of an index, if it is one. */
export async function resolveManifest(
  registry: Registry,
  reference: ImageReference,
  platform: Platform,
): Promise<FetchedManifest & { readonly named: string }> {
  const wanted = reference.digest ?? reference.tag;
  if (wanted === undefined)
    throw invalid("reference format", `"${repositoryOf(reference)}" has neither tag nor digest`);
  const top = await fetchManifest(registry, reference.path, wanted);
  if (!isIndexType(top.descriptor.mediaType)) return { ...top, named: top.descriptor.digest };
  const chosen = choosePlatform(parseIndex(top.bytes), platform);
  return { ...(await fetchManifest(registry, reference.path, chosen.digest)), named: top.descriptor.digest };
}
