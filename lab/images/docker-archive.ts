import { createHash } from "node:crypto";
import { busyboxRoot } from "./busybox.ts";
import { directory, type Entry, file, tarOf } from "./tar.ts";

/** What an image says about its containers: "config" of the image specification (Docker's, v1.2). */
export interface ImageConfig {
  readonly Env?: readonly string[];
  readonly Cmd?: readonly string[];
  readonly Entrypoint?: readonly string[];
  readonly ExposedPorts?: Readonly<Record<string, object>>;
  readonly Volumes?: Readonly<Record<string, object>>;
  readonly Labels?: Readonly<Record<string, string>>;
  readonly User?: string;
  readonly WorkingDir?: string;
  readonly StopSignal?: string;
  /** Durations in nanoseconds. */
  readonly Healthcheck?: {
    readonly Test: readonly string[];
    readonly Interval?: number;
    readonly Timeout?: number;
    readonly StartPeriod?: number;
    readonly Retries?: number;
  };
}

/** An image to make: busybox, and what is put on top. */
export interface TestImage {
  /** "name:tag", as many as are wanted; without any it is loaded nameless. */
  readonly tags?: readonly string[];
  /** On top of a PATH and the command `sh`. */
  readonly config?: ImageConfig;
  /** Each a layer above busybox; see tar.ts for files, directories, links and whiteouts. */
  readonly layers?: readonly (readonly Entry[])[];
}

const created = "2026-01-01T00:00:00Z";
const defaults: ImageConfig = { Env: ["PATH=/bin"], Cmd: ["sh"] };
const digestOf = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** An image's id, as Docker computes it: the digest of its configuration. */
export const imageId = (image: TestImage): string => `sha256:${digestOf(build(image).config)}`;

/**
 * The images as one archive for `docker load` (what `docker save` writes). Made of the machine's busybox-static alone, so
 * the same images have the same ids wherever they are made on the same machine.
 */
export function dockerArchive(...images: readonly TestImage[]): Buffer {
  const built = images.map(build);
  const layers = new Map(built.flatMap((image) => image.layers.map((layer) => [digestOf(layer), layer] as const)));
  const manifest = built.map((image) => ({
    Config: `${digestOf(image.config)}.json`,
    RepoTags: image.tags.length > 0 ? image.tags : null,
    Layers: image.layers.map((layer) => `${digestOf(layer)}/layer.tar`),
  }));
  return tarOf([
    ...[...layers].flatMap(([digest, layer]) => [directory(digest), file(`${digest}/layer.tar`, layer)]),
    ...built.map(({ config }) => file(`${digestOf(config)}.json`, config)),
    file("manifest.json", JSON.stringify(manifest)),
  ]);
}

/** The root file system alone, for `docker import`; later layers' files take the place of earlier ones. */
export const rootArchive = (...layers: readonly (readonly Entry[])[]): Buffer =>
  tarOf([busyboxRoot(), ...layers].flat());

function build({ tags = [], config = {}, layers = [] }: TestImage) {
  const archives = [busyboxRoot(), ...layers].map(tarOf);
  const comment = (index: number) => (index === 0 ? "busybox-static of the machine" : `layer ${index}`);
  const text = JSON.stringify({
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    os: "linux",
    created,
    config: { ...defaults, ...config },
    rootfs: { type: "layers", diff_ids: archives.map((archive) => `sha256:${digestOf(archive)}`) },
    history: [
      ...archives.map((_, index) => ({ created, created_by: comment(index) })),
      { created, created_by: "config", empty_layer: true },
    ],
  });
  return { tags, layers: archives, config: Buffer.from(text) };
}
