import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { EngineError } from "../../base/errors.ts";
import type { Image, Images } from "../../contracts/runtime.ts";
import { namesIn } from "../layout.ts";
import type { ImageRoots } from "../rootfs.ts";
import { runProgram } from "../run-program.ts";
import { parseReference } from "./reference.ts";
import { receiveArchive, unpack } from "./unpack.ts";

const prefix = "sha256:";
const directoryOf = (id: string): string => id.slice(prefix.length);

/**
 * Images below a directory: <sha256>/{rootfs, image.json}. A directory gets its name last, when it is whole, and loses
 * it first; what is left under a hidden name by a crash is removed at the next start.
 */
export class ImageStore implements Images, ImageRoots {
  readonly #directory: string;
  readonly #programs: { readonly tar: string; readonly sync: string };
  readonly #images = new Map<string, Image>();

  constructor(directory: string, programs: { readonly tar: string; readonly sync: string }) {
    this.#directory = directory;
    this.#programs = programs;
    mkdirSync(directory, { recursive: true });
    for (const name of readdirSync(directory)) {
      if (name.startsWith(".")) rmSync(join(directory, name), { recursive: true, force: true });
    }
    for (const name of namesIn(directory)) this.#load(name);
  }

  rootOf(imageId: string): string {
    return join(this.#directory, directoryOf(imageId), "rootfs");
  }

  import(archive: NodeJS.ReadableStream, reference: string): Promise<Image> {
    return this.#import(archive, parseReference(reference));
  }

  async #import(archive: NodeJS.ReadableStream, name: string): Promise<Image> {
    const unfinished = mkdtempSync(join(this.#directory, ".import-"));
    try {
      const file = join(unfinished, "archive");
      const id = `${prefix}${await receiveArchive(archive, file)}`;
      if (!this.#images.has(id)) await this.#unpack(id, file, unfinished);
      return this.#tag(id, name);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  }

  list(): Image[] {
    return [...this.#images.values()].sort((left, right) => (left.created < right.created ? 1 : -1));
  }

  find(reference: string): Image {
    const images = this.list();
    const byId = images.filter(({ id }) => matchesId(id, reference));
    const tagged = taggedAs(reference);
    const image =
      images.find(({ references }) => references.includes(tagged)) ?? (byId.length === 1 ? byId[0] : undefined);
    if (image) return image;
    throw new EngineError("IMAGE_NOT_FOUND", { image: reference });
  }

  async remove(reference: string): Promise<{ untagged: string[]; deleted: string[] }> {
    const image = this.find(reference);
    const tagged = taggedAs(reference);
    const untagged = image.references.includes(tagged) ? [tagged] : [...image.references];
    const references = image.references.filter((name) => !untagged.includes(name));
    if (references.length > 0) {
      this.#save({ ...image, references });
      return { untagged, deleted: [] };
    }
    this.#images.delete(image.id);
    const removed = mkdtempSync(join(this.#directory, ".removed-"));
    renameSync(join(this.#directory, directoryOf(image.id)), join(removed, "image"));
    await rm(removed, { recursive: true, force: true });
    return { untagged, deleted: [image.id] };
  }

  async #unpack(id: string, archive: string, unfinished: string): Promise<void> {
    const image = join(unfinished, "image");
    const rootfs = join(image, "rootfs");
    mkdirSync(rootfs, { recursive: true, mode: 0o755 });
    const size = await unpack(this.#programs.tar, archive, rootfs);
    writeRecord(image, { id, references: [], created: new Date().toISOString(), size });
    // The name must not reach the disk before the files do.
    await runProgram(this.#programs.sync, ["--file-system", image]);
    const place = join(this.#directory, directoryOf(id));
    if (!existsSync(place)) renameSync(image, place); // another import of the same archive may have been faster
    this.#load(directoryOf(id));
  }

  /** Gives an image a name, which leaves the image that had it. */
  #tag(id: string, name: string): Image {
    for (const image of this.list()) {
      if (image.id === id || !image.references.includes(name)) continue;
      this.#save({ ...image, references: image.references.filter((other) => other !== name) });
    }
    const image = this.#images.get(id);
    if (!image) throw new EngineError("IMAGE_NOT_FOUND", { image: name });
    return this.#save({ ...image, references: [...new Set([...image.references, name])] });
  }

  #save(image: Image): Image {
    writeRecord(join(this.#directory, directoryOf(image.id)), image);
    this.#images.set(image.id, image);
    return image;
  }

  #load(name: string): void {
    const image = JSON.parse(readFileSync(join(this.#directory, name, "image.json"), "utf8")) as Image;
    this.#images.set(image.id, image);
  }
}

/** "name:tag" of what may be a reference; "" when it cannot be one. */
function taggedAs(text: string): string {
  try {
    return parseReference(text);
  } catch (cause) {
    if (cause instanceof EngineError) return ""; // "sha256:..." and the like
    throw cause;
  }
}

const matchesId = (id: string, text: string): boolean => {
  const digits = text.startsWith(prefix) ? text.slice(prefix.length) : text;
  return /^[0-9a-f]{1,64}$/.test(digits) && id.startsWith(`${prefix}${digits}`);
};

function writeRecord(directory: string, image: Image): void {
  const unfinished = join(directory, ".image.json");
  writeFileSync(unfinished, JSON.stringify(image), { flush: true });
  renameSync(unfinished, join(directory, "image.json"));
}
