import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, createReadStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { layerFiles as files } from "../../kernel/mounts/layer-files.ts";
import { findRecords, pathBelow } from "./find-files.ts";
import { packUpper } from "./pack-upper.ts";
import { unpackLayer } from "./unpack-layer.ts";

const programs = { tar: "tar", find: "find" };

/** An upper layer, and places beside it. */
function place() {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-läyer-"));
  const [upper = "", scratch = "", unpacked = "", outside = ""] = ["upper", "scratch", "unpacked", "outside"].map(
    (name) => join(directory, name),
  );
  for (const one of [upper, scratch, unpacked, outside]) mkdirSync(one);
  const remove = () => rmSync(directory, { recursive: true, force: true });
  return {
    directory,
    upper,
    scratch,
    unpacked,
    outside,
    archive: join(directory, "archive"),
    [Symbol.dispose]: remove,
  };
}

const listing = async (directory: string): Promise<string[]> =>
  (await Array.fromAsync(findRecords("find", directory, ["-printf", "%y %P\\0"]))).sort();

test("IMG-21 a commit keeps names that are no UTF-8, and leaves out what is gone by its own name alone", async () => {
  using lab = place();
  const at = (path: string) => pathBelow(lab.upper, path);
  for (const path of ["d\xe9", "d\xe9/opaque\xff", "plain"]) mkdirSync(at(path));
  files.makeOpaque(at("d\xe9/opaque\xff"));
  const kept = ["caf\xe9", "d\xe9/caf\xe9", "plain/xAy", "plain/w1Ab", "plain/end", "plain/\\060", "plain/a\\b"];
  for (const path of kept) writeFileSync(at(path), path);
  const odd = ["plain/x\ny", "plain/w*?b", "plain/end ", "plain/0", "plain/[a]\\", "plain/tab\t", "plain/line\n"];
  const gone = ["gone\xe9", "d\xe9/gone\xe9", ...odd];
  for (const path of gone) files.makeWhiteout(at(path));
  assert.equal(await packUpper({ programs, files }, lab.upper, lab.scratch, lab.archive), true);
  const packed = execFileSync("tar", ["-tf", lab.archive, "--quoting-style=literal"], { encoding: "latin1" });
  for (const path of gone) assert.ok(!`\n${packed}`.includes(`\n${path}\n`), JSON.stringify(path));
  await unpackLayer({ programs, files }, createReadStream(lab.archive), lab.unpacked);
  assert.deepEqual(await listing(lab.unpacked), await listing(lab.upper));
  assert.equal(files.isOpaque(pathBelow(lab.unpacked, "d\xe9/opaque\xff")), true);
});

test("IMG-3 a commit follows no link that a container puts in a directory's place meanwhile", async () => {
  using lab = place();
  mkdirSync(join(lab.upper, "d/e"), { recursive: true });
  mkdirSync(join(lab.outside, "e"));
  writeFileSync(join(lab.upper, "d/e/secret"), "of the container");
  writeFileSync(join(lab.outside, "e/secret"), "of the host");
  // The swap comes between the search and the packing.
  const find = join(lab.directory, "find");
  writeFileSync(find, `#!/bin/sh\nfind "$@" && mv "$1/d" "$1/was" && ln -s "${lab.outside}" "$1/d"\n`);
  chmodSync(find, 0o755);
  await packUpper({ programs: { ...programs, find }, files }, lab.upper, lab.scratch, lab.archive);
  assert.deepEqual(execFileSync("tar", ["-tf", lab.archive], { encoding: "utf8" }), "d\n");
});
