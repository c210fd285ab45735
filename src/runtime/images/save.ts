import { spawn } from "node:child_process";
import { linkSync, mkdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { EngineError } from "../../base/errors.ts";
import type { SavedImage } from "../../contracts/images.ts";
import { canonicalReference, familiarReference, familiarRepository } from "../../model/image-reference.ts";
import { programEnvironment, textOf } from "../run-program.ts";
import { readJson } from "./documents.ts";
import type { ImageStore } from "./image-store.ts";

/**
 * The images as one tar, in Docker's format (manifest.json) and as an OCI image layout at once, as Docker does since
 * release 25. The blobs are linked together first, so that what is removed meanwhile is still sent.
 */
export async function* saveImages(store: ImageStore, images: readonly SavedImage[]): AsyncGenerator<Uint8Array> {
  using scratch = store.blobs.scratch();
  const blobs = join(scratch.path, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const linked = new Set<string>();
  const placed = (digest: string) => join(blobs, digest.slice("sha256:".length));
  const link = (digest: string) => {
    if (linked.has(digest)) return;
    linked.add(digest);
    linkSync(store.blobs.pathOf(digest), placed(digest));
    // Blobs are never changed, so that nothing else asks for their times.
    utimesSync(placed(digest), 0, 0);
  };
  const all = images.map((image) => describe(store, image, link));
  for (const { config } of all) datedCopy(store, config, placed(config));
  const put = (name: string, value: unknown) => {
    writeFileSync(join(scratch.path, name), JSON.stringify(value));
    utimesSync(join(scratch.path, name), 0, 0);
  };
  put("oci-layout", { imageLayoutVersion: "1.0.0" });
  put("index.json", { schemaVersion: 2, manifests: all.flatMap(({ descriptors }) => descriptors) });
  put(
    "manifest.json",
    all.map(({ entry }) => entry),
  );
  const repositories = repositoriesOf(images, all);
  const named = Object.keys(repositories).length > 0;
  if (named) put("repositories", repositories);
  for (const path of [blobs, dirname(blobs)]) utimesSync(path, 0, 0);
  yield* packed(store.programs.tar, scratch.path, named ? ["repositories"] : []);
}

/** As with Docker, the file of a configuration is as old as its image. A copy, since the blob is everybody's. */
function datedCopy({ blobs }: ImageStore, digest: string, path: string): void {
  const content = blobs.read(digest);
  const { created } = readJson(content, "image configuration") as { created?: unknown };
  const seconds = Math.floor((Date.parse(String(created)) || 0) / 1000);
  rmSync(path, { force: true });
  writeFileSync(path, content);
  utimesSync(path, seconds, seconds);
}

/** For tools of the time before manifest.json: each repository's tags, and their images' topmost layers. */
function repositoriesOf(images: readonly SavedImage[], all: readonly { entry: { Layers: readonly string[] } }[]) {
  const repositories: Record<string, Record<string, string>> = {};
  for (const [index, { references }] of images.entries()) {
    const topmost = basename(all[index]?.entry.Layers.at(-1) ?? "");
    for (const one of references) {
      const name = familiarRepository(one);
      repositories[name] = { ...repositories[name], [one.tag ?? ""]: topmost };
    }
  }
  return repositories;
}

function describe(store: ImageStore, { id, references }: SavedImage, link: (digest: string) => void) {
  const [found] = store.manifestsOf(id);
  if (!found) throw new EngineError("IMAGE_NOT_FOUND", { image: id });
  const { descriptor, manifest } = found;
  for (const { digest } of [descriptor, ...manifest.layers]) link(digest);
  const file = (digest: string) => `blobs/${digest.replace(":", "/")}`;
  const named = references.map((reference) => ({
    ...descriptor,
    annotations: {
      "io.containerd.image.name": canonicalReference(reference),
      "org.opencontainers.image.ref.name": reference.tag ?? "",
    },
  }));
  return {
    descriptors: named.length > 0 ? named : [descriptor],
    config: manifest.config.digest,
    entry: {
      Config: file(manifest.config.digest),
      RepoTags: references.length > 0 ? references.map(familiarReference) : null,
      Layers: manifest.layers.map(({ digest }) => file(digest)),
    },
  };
}

async function* packed(tar: string, directory: string, more: readonly string[]): AsyncGenerator<Uint8Array> {
  const names = ["manifest.json", "oci-layout", "index.json", ...more, "blobs"];
  const plain = ["--owner=0", "--group=0", "--numeric-owner", "--sort=name", "--hard-dereference"];
  const child = spawn(tar, ["-c", "-f", "-", "-C", directory, ...plain, ...names], {
    stdio: ["ignore", "pipe", "pipe"],
    env: programEnvironment(),
  });
  const { promise: code, resolve, reject } = Promise.withResolvers<number | null>();
  child.once("error", (cause) => reject(new Error(`Cannot run ${tar}`, { cause })));
  child.once("close", resolve);
  code.catch(() => undefined); // awaited below
  const complaint = textOf(child.stderr);
  let whole = false;
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    whole = true;
  } finally {
    // A reader that leaves early. One that has written all is left to end by itself: it closes its output first.
    if (!whole) child.kill();
  }
  // 1 is "file changed as we read it": others link the same blobs meanwhile, which never change themselves.
  const exitCode = await code;
  if (exitCode === null || exitCode > 1) throw new Error(`Cannot pack images: ${(await complaint).trim()}`);
}
