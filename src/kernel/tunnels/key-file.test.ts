import assert from "node:assert/strict";
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { KernelError } from "../../base/kernel-error.ts";
import { ensureKeyPair, forgetPrevious, readKeyPair, replaceKeyPair, restorePrevious } from "./key-file.ts";

function folder() {
  const path = mkdtempSync(join(tmpdir(), "fairlead-key-"));
  return { file: join(path, "key"), path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}
const textOf = ({ privateKey }: { privateKey: Uint8Array }) => Buffer.from(privateKey).toString("base64");

/** What is thrown, checked to tell nothing of the key. */
function failure(secret: string, body: () => unknown): KernelError {
  let thrown: unknown;
  try {
    body();
  } catch (error) {
    thrown = error;
  }
  assert.ok(thrown instanceof KernelError);
  assert.ok(!`${thrown.message} ${thrown.stack} ${JSON.stringify(thrown)}`.includes(secret));
  return thrown;
}

test("ENC-8 ensureKeyPair() makes a file that only its owner reads, and gives the same pair from then on", () => {
  using place = folder();
  const pair = ensureKeyPair(place.file);
  assert.equal(statSync(place.file).mode & 0o777, 0o600);
  assert.equal(readFileSync(place.file, "utf8"), `${textOf(pair)}\n`);
  assert.deepEqual(ensureKeyPair(place.file), pair);
  assert.deepEqual(readdirSync(place.path), ["key"]);
});

test("readKeyPair() computes the public key of RFC 7748 section 6.1", () => {
  using place = folder();
  const alice = {
    private: "77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a",
    public: "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a",
  };
  writeFileSync(place.file, Buffer.from(alice.private, "hex").toString("base64"), { mode: 0o600 });
  assert.equal(Buffer.from(readKeyPair(place.file).publicKey, "base64").toString("hex"), alice.public);
});

test("ENC-8 readKeyPair() refuses a file that is no key, others may read, or has another's pair, and quotes none of it", () => {
  using place = folder();
  assert.equal(failure("none", () => readKeyPair(place.file)).errno, "ENOENT");
  const secret = textOf(ensureKeyPair(place.file));
  const other = Buffer.alloc(32).toString("base64");
  assert.match(
    failure(secret, () => readKeyPair(place.file, other)).message,
    /holds the key of .*, expected that of A+=/,
  );
  chmodSync(place.file, 0o640);
  assert.equal(failure(secret, () => readKeyPair(place.file)).errno, "EPERM");
  const damaged = secret.slice(0, -4);
  writeFileSync(place.file, damaged, { mode: 0o600 });
  chmodSync(place.file, 0o600);
  assert.match(failure(damaged, () => ensureKeyPair(place.file)).message, /EINVAL \(it holds no key/);
});

test("replaceKeyPair() keeps the old pair until it is forgotten or taken back", () => {
  using place = folder();
  const first = ensureKeyPair(place.file);
  const second = replaceKeyPair(place.file);
  assert.notEqual(second.publicKey, first.publicKey);
  assert.deepEqual(readKeyPair(place.file), second);
  restorePrevious(place.file);
  assert.deepEqual(readKeyPair(place.file), first);
  replaceKeyPair(place.file);
  forgetPrevious(place.file);
  assert.deepEqual(readdirSync(place.path), ["key"]);
});

test("ensureKeyPair() keeps the new pair of a rotation that a crash cut short, which can be made again", () => {
  using place = folder();
  ensureKeyPair(place.file);
  const second = replaceKeyPair(place.file);
  writeFileSync(`${place.file}.new`, "half");
  assert.deepEqual(ensureKeyPair(place.file), second);
  assert.ok(existsSync(`${place.file}.previous`), "until the rotation is known to be over");
  replaceKeyPair(place.file);
  assert.equal(existsSync(`${place.file}.new`), false);
});
