import assert from "node:assert/strict";
import { mkdirSync, mkdtempDisposableSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { hasDirectory } from "./has-directory.ts";

test("hasDirectory() finds a directory of any layer, and is in doubt about links and what is none", () => {
  using scratch = mkdtempDisposableSync(join(tmpdir(), "fairlead-layers-"));
  const [upper, lower] = [join(scratch.path, "upper"), join(scratch.path, "lower")];
  for (const path of [join(upper, "srv/own"), join(lower, "srv/app"), join(lower, "hidden/d")])
    mkdirSync(path, { recursive: true });
  symlinkSync("/srv", join(upper, "link"));
  mkdirSync(join(scratch.path, "host/x"), { recursive: true });
  mkdirSync(join(upper, "was"));
  symlinkSync(join(scratch.path, "host"), join(lower, "was"));
  symlinkSync("loop", join(upper, "loop"));
  for (const path of ["hidden", "file"]) writeFileSync(join(upper, path), "");
  const there = (path: string) => hasDirectory([upper, lower], path);
  assert.deepEqual(["/", "/srv", "/srv/app/", "//srv/./own"].map(there), [true, true, true, true]);
  const not = [
    "/srv/no",
    "/no/app",
    "/link/app",
    "/loop/x",
    "/was/x",
    "/hidden",
    "/hidden/d",
    "/file",
    "/file/x",
    "/srv/app/../app",
    `/${"n".repeat(300)}`,
  ];
  assert.deepEqual(not.filter(there), []);
});
