import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";
import { KernelError } from "../../base/kernel-error.ts";

/** X25519 (RFC 7748). The private half is for the kernel only: keep it out of whatever is stored, printed or thrown. */
export interface KeyPair {
  /** 32 bytes. */
  readonly privateKey: Uint8Array;
  /** 32 bytes in base64. */
  readonly publicKey: string;
}

/** What comes before the 32 bytes of a private key in PKCS #8 (RFC 8410 section 7). */
const PKCS8_HEADER = Buffer.from("302e020100300506032b656e04220420", "hex");
const OTHERS = 0o077;

function pairOf(privateKey: Buffer): KeyPair {
  const key = createPrivateKey({ key: Buffer.concat([PKCS8_HEADER, privateKey]), format: "der", type: "pkcs8" });
  const { x = "" } = createPublicKey(key).export({ format: "jwk" });
  return { privateKey, publicKey: Buffer.from(x, "base64url").toString("base64") };
}

/**
 * Reads the pair of a key file: the private key in base64 and a newline, as `wg genkey` writes it. Throws KernelError with
 * errno ENOENT without the file, EPERM when others may read it, EINVAL when it holds something else or, with `expected`,
 * the pair of another public key.
 */
export function readKeyPair(path: string, expected?: string): KeyPair {
  const operation = `read the WireGuard key in "${path}"`;
  const text = contentOf(path, operation);
  const privateKey = Buffer.from(text, "base64");
  // Not with the text in the error, nor with an error of the parser: what is there may be most of a key.
  if (privateKey.length !== 32 || privateKey.toString("base64") !== text)
    throw new KernelError(operation, "EINVAL", "it holds no key; when it is removed, a new one is made");
  const pair = pairOf(privateKey);
  if (expected !== undefined && pair.publicKey !== expected)
    throw new KernelError(operation, "EINVAL", `it holds the key of ${pair.publicKey}, expected that of ${expected}`);
  return pair;
}

function contentOf(path: string, operation: string): string {
  try {
    const { mode } = statSync(path);
    if (mode & OTHERS)
      throw new KernelError(operation, "EPERM", `others may read it: when it is removed, a new one is made`);
    return readFileSync(path, "utf8").trim();
  } catch (error) {
    if (error instanceof KernelError) throw error;
    throw new KernelError(operation, (error as NodeJS.ErrnoException).code ?? "EIO");
  }
}

/** Reads the pair, or makes one when there is no file. */
export function ensureKeyPair(path: string): KeyPair {
  try {
    return readKeyPair(path);
  } catch (error) {
    if (!(error instanceof KernelError) || error.errno !== "ENOENT") throw error;
  }
  return replaceKeyPair(path);
}

/** Makes a pair and puts it in the place of the file, whole or not at all. The old one is kept beside it, if there was one. */
export function replaceKeyPair(path: string): KeyPair {
  const { d = "" } = generateKeyPairSync("x25519").privateKey.export({ format: "jwk" });
  const privateKey = Buffer.from(d, "base64url");
  keepPrevious(path);
  const fresh = `${path}.new`;
  rmSync(fresh, { force: true });
  writeDurably(fresh, `${privateKey.toString("base64")}\n`);
  renameSync(fresh, path);
  syncDirectory(path);
  return pairOf(privateKey);
}

const previousOf = (path: string) => `${path}.previous`;

function keepPrevious(path: string): void {
  forgetPrevious(path);
  try {
    linkSync(path, previousOf(path)); // not renamed: a crash must not leave the place empty
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** Forgets the pair that the last replaceKeyPair() replaced. */
export function forgetPrevious(path: string): void {
  rmSync(previousOf(path), { force: true });
}

/** Takes the pair back that the last replaceKeyPair() replaced. */
export function restorePrevious(path: string): void {
  renameSync(previousOf(path), path);
  syncDirectory(path);
}

function writeDurably(path: string, text: string): void {
  const file = openSync(path, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncDirectory(path: string): void {
  const directory = openSync(dirname(path), "r");
  try {
    fsyncSync(directory);
  } finally {
    closeSync(directory);
  }
}
