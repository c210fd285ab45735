import {
  createWriteStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { invalid } from "../../base/errors.ts";
import { digestPattern } from "../../model/image-reference.ts";
import { namesIn } from "../layout.ts";
import { digestOf, Hashing } from "./hashing.ts";

/** Longest manifest and configuration that is read into memory; registries take manifests of 4 MiB. */
const longestDocument = 8 * 1024 * 1024;

/** The blobs of an OCI image layout: files named by the SHA-256 of what they hold. A file gets its name when it is whole. */
export class Blobs {
  readonly directory: string;
  readonly #blobs: string;

  constructor(directory: string) {
    this.directory = directory;
    this.#blobs = join(directory, "blobs", "sha256");
    mkdirSync(this.#blobs, { recursive: true });
  }

  pathOf(digest: string): string {
    if (!digestPattern.test(digest)) throw invalid("digest", `"${digest}" is no sha256 digest`);
    return join(this.#blobs, digest.slice("sha256:".length));
  }

  has(digest: string): boolean {
    return existsSync(this.pathOf(digest));
  }

  sizeOf(digest: string): number {
    return statSync(this.pathOf(digest)).size;
  }

  /** A manifest or a configuration. */
  read(digest: string): Buffer {
    const path = this.pathOf(digest);
    if (statSync(path).size > longestDocument) throw invalid("image", `${digest} is longer than a document may be`);
    return readFileSync(path);
  }

  /** Digests of all blobs. */
  all(): string[] {
    return namesIn(this.#blobs).map((name) => `sha256:${name}`);
  }

  remove(digest: string): void {
    rmSync(this.pathOf(digest), { force: true });
  }

  /** A hidden directory of one's own for unfinished files; what a crash leaves of it goes at the next start. */
  scratch(): Disposable & { readonly path: string } {
    const path = mkdtempSync(join(this.directory, ".unfinished-"));
    return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
  }

  async put(bytes: Uint8Array): Promise<string> {
    const digest = digestOf(bytes);
    if (this.has(digest)) return digest;
    using scratch = this.scratch();
    const file = join(scratch.path, "blob");
    await writeFile(file, bytes, { mode: 0o600 });
    renameSync(file, this.pathOf(digest));
    return digest;
  }

  /** Writes what a stream, after `steps`, brings; returns its digest, which must be the expected one if there is one. */
  async receive(
    source: Readable,
    {
      steps = [],
      digest,
      onBytes,
    }: { steps?: readonly Transform[]; digest?: string; onBytes?: (total: number) => void } = {},
  ): Promise<string> {
    using scratch = this.scratch();
    const file = join(scratch.path, "blob");
    const hashing = new Hashing(onBytes);
    await pipeline([source, ...steps, hashing, createWriteStream(file, { mode: 0o600 })]);
    const found = hashing.digest();
    if (digest !== undefined && found !== digest) throw invalid("blob", `its digest is ${found}, not ${digest}`);
    renameSync(file, this.pathOf(found));
    return found;
  }
}
