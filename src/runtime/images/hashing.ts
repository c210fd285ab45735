import { createHash } from "node:crypto";
import { Transform } from "node:stream";

/** Lets bytes through and remembers their SHA-256 and how many they were. */
export class Hashing extends Transform {
  readonly #hash = createHash("sha256");
  readonly #onBytes: ((total: number) => void) | undefined;
  bytes = 0;

  constructor(onBytes?: (total: number) => void) {
    super();
    this.#onBytes = onBytes;
  }

  override _transform(chunk: Buffer, _encoding: string, done: (error: Error | null, chunk: Buffer) => void): void {
    this.#hash.update(chunk);
    this.bytes += chunk.length;
    this.#onBytes?.(this.bytes);
    done(null, chunk);
  }

  /** "sha256:<64 hex>", to be asked for once, at the end. */
  digest(): string {
    return `sha256:${this.#hash.digest("hex")}`;
  }
}

export const digestOf = (bytes: Uint8Array | string): string =>
  `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
