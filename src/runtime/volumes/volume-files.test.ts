import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { DirectoryVolumes } from "./volume-files.ts";

const none = () => {
  throw new Error("nothing is mounted here");
};

test("retire() takes a volume its name though an earlier one of that name could not be erased", async () => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-volumes-"));
  try {
    const mounts = { overlay: none, tmpfs: none, device: none, bindInside: none, unmount: none };
    const files = new DirectoryVolumes(directory, { mounts, du: "du" });
    for (const content of ["first", "second", "third"]) {
      files.settle("data");
      writeFileSync(join(files.mountpoint("data"), content), "");
      files.retire("data");
    }
    assert.equal(files.names().retired.length, 3);
    files.reinstate("data");
    assert.deepEqual(readdirSync(files.mountpoint("data")), ["third"]);
    for (const name of files.names().retired) await files.erase(name);
    assert.deepEqual(files.names(), { settled: ["data"], staged: [], retired: [] });
  } finally {
    rmSync(directory, { recursive: true });
  }
});
