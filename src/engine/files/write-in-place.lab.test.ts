import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, statfsSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { writeInPlace } from "./write-in-place.ts";

test("writeInPlace() keeps the inode, and on a full disk the former text, whole", (context) => {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-files-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "none", folder]);
  context.after(() => {
    execFileSync("umount", ["--lazy", folder]);
    rmSync(folder, { recursive: true });
  });
  const path = join(folder, "hosts");
  const [long, short, longer] = ["long ".repeat(800), "short\n", "longer ".repeat(2000)];
  writeInPlace(path, long);
  const { ino } = statSync(path);
  const { bfree, bsize } = statfsSync(folder);
  writeFileSync(join(folder, "logs"), Buffer.alloc(bfree * bsize));
  assert.throws(() => writeInPlace(path, longer), {
    message: `cannot write ${path}: ENOSPC: no space left on device, write`,
  });
  assert.equal(readFileSync(path, "utf8"), long);
  for (const text of [short, long, short]) {
    writeInPlace(path, text);
    assert.equal(readFileSync(path, "utf8"), text);
  }
  rmSync(join(folder, "logs"));
  writeInPlace(path, longer);
  assert.deepEqual([readFileSync(path, "utf8"), statSync(path).ino], [longer, ino]);
});
