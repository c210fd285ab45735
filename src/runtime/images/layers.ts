import { createHash } from "node:crypto";
import {
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "../../base/errors.ts";
import type { LayerFiles } from "../../contracts/layer-files.ts";
import { namesIn } from "../layout.ts";
import { makeLayerRoot, type UnpackPrograms, unpackLayer } from "./unpack-layer.ts";

interface LayerRecord {
  readonly diffId: string;
  /** Bytes of its regular files. */
  readonly size: number;
}

/**
 * Layers unpacked, each once, whichever images have it: <name>/{diff, layer.json}. overlayfs puts an image's together.
 * Names are short, so that the paths of many layers fit into one mount.
 */
export class Layers {
  readonly #directory: string;
  readonly #parts: { readonly programs: UnpackPrograms; readonly files: LayerFiles };
  readonly #records = new Map<string, LayerRecord>();
  readonly #unpacking = new Map<string, Promise<LayerRecord>>();

  constructor(directory: string, parts: { readonly programs: UnpackPrograms; readonly files: LayerFiles }) {
    this.#directory = directory;
    this.#parts = parts;
    mkdirSync(directory, { recursive: true });
    for (const name of namesIn(directory)) this.#load(name);
  }

  has(diffId: string): boolean {
    return this.#records.has(diffId);
  }

  pathOf(diffId: string): string {
    return join(this.#directory, nameOf(diffId), "diff");
  }

  sizeOf(diffId: string): number {
    return this.#records.get(diffId)?.size ?? 0;
  }

  all(): string[] {
    return [...this.#records.keys()];
  }

  /** Unpacks an archive; what it must hold uncompressed, if that is known, is not unpacked twice. */
  async unpack(archive: string, expected?: string): Promise<LayerRecord> {
    const known = expected === undefined ? undefined : (this.#records.get(expected) ?? this.#unpacking.get(expected));
    if (known) return known;
    const work = this.#unpack(archive, expected);
    if (expected === undefined) return work;
    this.#unpacking.set(expected, work);
    try {
      return await work;
    } finally {
      this.#unpacking.delete(expected);
    }
  }

  async #unpack(archive: string, expected: string | undefined): Promise<LayerRecord> {
    const unfinished = mkdtempSync(join(this.#directory, ".unpack-"));
    try {
      const root = makeLayerRoot(join(unfinished, "diff"));
      const record = await unpackLayer(this.#parts, createReadStream(archive), root);
      if (expected !== undefined && record.diffId !== expected)
        throw invalid("layer", `it is ${record.diffId}, not ${expected} as the image says`);
      return this.#place(unfinished, record);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
  }

  #place(unfinished: string, record: LayerRecord): LayerRecord {
    writeFileSync(join(unfinished, "layer.json"), JSON.stringify(record));
    const place = join(this.#directory, nameOf(record.diffId));
    if (!existsSync(place)) renameSync(unfinished, place);
    this.#records.set(record.diffId, record);
    return record;
  }

  /** The name goes first, and before anybody else's turn, so that half a layer is never taken for one. */
  async remove(diffId: string): Promise<void> {
    const removed = mkdtempSync(join(this.#directory, ".removed-"));
    renameSync(join(this.#directory, nameOf(diffId)), join(removed, "layer"));
    this.#records.delete(diffId);
    await rm(removed, { recursive: true, force: true });
  }

  #load(name: string): void {
    try {
      const record = JSON.parse(readFileSync(join(this.#directory, name, "layer.json"), "utf8")) as LayerRecord;
      if (nameOf(record.diffId) === name) return void this.#records.set(record.diffId, record);
    } catch {
      // Cut off by a power failure before it was part of an image: made again when it is needed.
    }
    rmSync(join(this.#directory, name), { recursive: true, force: true });
  }
}

/** 128 bits of the id in 22 characters. */
const nameOf = (diffId: string): string =>
  createHash("sha256").update(diffId).digest().subarray(0, 16).toString("base64url");
