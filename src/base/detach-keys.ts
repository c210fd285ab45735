import { invalid } from "./errors.ts";

/** What asks to be detached where nothing else was chosen: Docker's default. */
export const defaultDetachKeys = "ctrl-p,ctrl-q";

/** Reads a sequence of keys such as "ctrl-p,ctrl-q" or "ctrl-@,x" as the bytes that they send; "" is the default. */
export function parseDetachKeys(text: string): Buffer {
  return Buffer.from((text || defaultDetachKeys).split(",").map((key) => keyByte(key, text)));
}

function keyByte(key: string, text: string): number {
  if (key.length === 1) return key.charCodeAt(0);
  // ctrl-a to ctrl-z, and ctrl-@ [ \ ] ^ _: the character's last five bits, as a keyboard has it.
  if (/^ctrl-[a-z@[\\\]^_]$/.test(key)) return key.charCodeAt(key.length - 1) & 0x1f;
  throw invalid("detach keys", `Invalid detach keys (${text}) provided: unknown character '${key}'`);
}

/** Looks for the keys in what a client types. What may be their beginning is held back until the next key tells. */
export class DetachKeys {
  readonly #keys: Buffer;
  #matched = 0;

  constructor(keys: Buffer) {
    this.#keys = keys;
  }

  /** What goes on to the container, and whether the client is to be detached. */
  push(bytes: Uint8Array): { passed: Buffer; detached: boolean } {
    const passed: number[] = [];
    for (const byte of bytes) {
      if (byte === this.#keys[this.#matched]) this.#matched += 1;
      else {
        passed.push(...this.#keys.subarray(0, this.#matched));
        // The key that breaks the sequence may begin it.
        this.#matched = byte === this.#keys[0] ? 1 : 0;
        if (this.#matched === 0) passed.push(byte);
      }
      if (this.#matched === this.#keys.length) return { passed: Buffer.from(passed), detached: true };
    }
    return { passed: Buffer.from(passed), detached: false };
  }
}
