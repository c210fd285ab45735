import { invalid } from "../../base/errors.ts";
import { digestPattern } from "../../model/image-reference.ts";

/** OCI image-spec, descriptor.md. */
export interface Descriptor {
  readonly mediaType: string;
  readonly digest: string;
  readonly size: number;
  readonly platform?: { readonly architecture: string; readonly os: string; readonly variant?: string };
  readonly annotations?: Readonly<Record<string, string>>;
}

/** An image manifest, OCI's or Docker's (schema 2): they have the same shape. */
export interface Manifest {
  readonly mediaType: string;
  readonly config: Descriptor;
  readonly layers: readonly Descriptor[];
}

export const mediaTypes = {
  ociManifest: "application/vnd.oci.image.manifest.v1+json",
  ociIndex: "application/vnd.oci.image.index.v1+json",
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  manifestList: "application/vnd.docker.distribution.manifest.list.v2+json",
  config: "application/vnd.docker.container.image.v1+json",
  layer: "application/vnd.docker.image.rootfs.diff.tar.gzip",
  ociZstdLayer: "application/vnd.oci.image.layer.v1.tar+zstd",
} as const;

export const isIndexType = (type: string): boolean => type === mediaTypes.ociIndex || type === mediaTypes.manifestList;

/**
 * As in Docker (moby, layer/layer_store.go, maxLayerDepth). More would not be mounted: mount(2) takes one page of
 * options, of which a layer takes 28 bytes (layers.ts) and the container's own two paths the rest.
 */
const mostLayers = 125;

type Json = Readonly<Record<string, unknown>>;

/** JSON that comes from outside is looked at before it is believed; `what` names it in the error. */
export function readJson(bytes: Uint8Array, what: string): Json {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString("utf8"));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Json;
  } catch (cause) {
    throw invalid(what, `it is no JSON: ${(cause as Error).message}`);
  }
  throw invalid(what, "it is no JSON object");
}

export function parseManifest(bytes: Uint8Array, mediaType?: string): Manifest {
  const json = readJson(bytes, "image manifest");
  if (json["schemaVersion"] !== 2)
    throw invalid("image manifest", "only schema version 2 is understood: push the image again with a newer tool");
  const layers = list(json["layers"], "image manifest").map(parseDescriptor);
  if (layers.length > mostLayers)
    throw invalid(
      "image manifest",
      `it has ${layers.length} layers, more than ${mostLayers}: "docker export" and "docker import" make one of all`,
    );
  const type = mediaType || json["mediaType"] || mediaTypes.ociManifest;
  return { mediaType: String(type), config: parseDescriptor(json["config"]), layers };
}

/** The manifests that an index or a manifest list offers. */
export function parseIndex(bytes: Uint8Array): Descriptor[] {
  const json = readJson(bytes, "image index");
  return list(json["manifests"], "image index").map(parseDescriptor);
}

function parseDescriptor(value: unknown): Descriptor {
  const { mediaType, digest, size, platform, annotations } = (value ?? {}) as Json;
  if (typeof digest !== "string" || !digestPattern.test(digest))
    throw invalid("image descriptor", `"${String(digest)}" is no sha256 digest`);
  if (!Number.isSafeInteger(size) || Number(size) < 0) throw invalid("image descriptor", `${digest} has no size`);
  return {
    mediaType: String(mediaType ?? ""),
    digest,
    size: Number(size),
    ...(platform ? { platform: platform as NonNullable<Descriptor["platform"]> } : {}),
    ...(annotations ? { annotations: annotations as NonNullable<Descriptor["annotations"]> } : {}),
  };
}

function list(value: unknown, what: string): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw invalid(what, "a list is missing in it");
}
