import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import { directory, file, symlink, tarOf } from "../../../lab/images/tar.ts";
import { decompressed } from "../decompress.ts";
import { ByteReader } from "./byte-reader.ts";
import { paxRecords, readTar, type TarEntry } from "./tar-reader.ts";

async function entriesOf(archive: Uint8Array, chunk = 1000): Promise<(TarEntry & { text: string })[]> {
  const found: (TarEntry & { text: string })[] = [];
  const chunks = Array.from({ length: Math.ceil(archive.length / chunk) }, (_, index) =>
    archive.subarray(index * chunk, (index + 1) * chunk),
  );
  const { stream } = await decompressed(Readable.from(chunks));
  await readTar(new ByteReader(stream), async (entry, content) => {
    found.push({ ...entry, text: (await buffer(content)).toString() });
  });
  return found;
}

/** What GNU tar writes of a directory that a shell command has filled. */
function gnuTar(command: string, ...options: string[]): Buffer {
  const place = mkdtempSync(join(tmpdir(), "fairlead-tar-"));
  try {
    execFileSync("sh", ["-c", command], { cwd: place });
    return execFileSync("tar", ["-C", place, "-c", ...options, "."], { maxBuffer: 1 << 26 });
  } finally {
    rmSync(place, { recursive: true });
  }
}

const plain = tarOf([
  directory("d", { mode: 0o1777, owner: { uid: 1, gid: 2 } }),
  file("d/f", "some text", { mode: 0o4755 }),
  symlink("l", "d/f"),
]);

for (const chunk of [1, 511, 512, 100_000]) {
  test(`readTar() reads ustar in chunks of ${chunk}`, async () => {
    const found = (await entriesOf(plain, chunk)).map(({ name, type, mode, uid, gid, linkName, text }) => {
      return [name, type, mode, uid, gid, linkName, text];
    });
    assert.deepEqual(found, [
      ["d/", "5", 0o1777, 1, 2, "", ""],
      ["d/f", "0", 0o4755, 0, 0, "", "some text"],
      ["l", "2", 0o777, 0, 0, "d/f", ""],
    ]);
  });
}

for (const format of ["gnu", "posix"]) {
  test(`readTar() reads long names, links and FIFOs of ${format} archives`, async () => {
    const name = `${"long-name/".repeat(25)}file`;
    const uid = 3_000_000; // more than seven octal digits
    const made = `mkdir -p "$(dirname ${name})"; echo x > ${name}; ln ${name} hard; ln -s ${"t".repeat(90)} soft; mkfifo fifo`;
    const found = await entriesOf(
      gnuTar(made, `--format=${format}`, `--mtime=@${format === "posix" ? -1.5 : 7}`, `--owner=${uid}`, "--group=5"),
    );
    const of = (end: string) => found.find((entry) => entry.name.endsWith(end));
    const linked = found.find(({ type }) => type === "1");
    assert.equal([of(name), of("hard")].filter((entry) => entry?.type === "0").length, 1);
    assert.ok(linked?.linkName.endsWith(name) || linked?.linkName.endsWith("hard"));
    assert.deepEqual([of("soft")?.linkName.length, of("fifo")?.type], [90, "6"]);
    assert.equal(of("soft")?.uid, uid);
    assert.equal(of("fifo")?.mtime, format === "posix" ? -1.5 : 7);
  });
}

for (const program of ["gzip", "bzip2", "xz", "zstd"]) {
  const missing = (() => {
    try {
      execFileSync(program, ["--version"], { stdio: "ignore" });
      return false;
    } catch {
      return `${program} is not installed`;
    }
  })();
  test(`readTar() reads an archive of ${program}`, { skip: missing }, async () => {
    const packed = execFileSync(program, ["-c"], { input: plain });
    assert.deepEqual(
      (await entriesOf(packed)).map(({ name }) => name),
      ["d/", "d/f", "l"],
    );
  });
}

const broken: Readonly<Record<string, Uint8Array>> = {
  "text instead of an archive": Buffer.from("no archive at all".repeat(100)),
  "an archive that ends in a file": plain.subarray(0, 1100),
  "a header with a wrong sum": Buffer.from(plain).fill(0x41, 0, 3),
  "a sparse file": gnuTar("truncate -s 10M s; echo x >> s", "--format=posix", "--sparse"),
};

for (const [name, archive] of Object.entries(broken)) {
  test(`readTar() refuses ${name}`, async () => {
    await assert.rejects(entriesOf(archive), { message: /invalid tar header|unexpected end|sparse/ });
  });
}

test("paxRecords() takes values as bytes, newlines included", () => {
  const records = paxRecords(Buffer.from("9 a=b\nc=\n5 d=\n"));
  assert.deepEqual(
    [...records].map(([key, value]) => [key, value.toString()]),
    [
      ["a", "b\nc="],
      ["d", ""],
    ],
  );
  assert.throws(() => paxRecords(Buffer.from("99 a=b\n")), /a pax record is broken/);
});
