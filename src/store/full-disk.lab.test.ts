import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openStore } from "./sqlite.ts";

/** A file system of 4 MiB of its own. */
function smallDisk(context: { after: (end: () => void) => void }): string {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-store-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=4m", "none", folder]);
  context.after(() => {
    execFileSync("umount", ["--lazy", folder]);
    rmSync(folder, { recursive: true });
  });
  return folder;
}

function fill(folder: string): void {
  const { bfree, bsize } = statfsSync(folder);
  writeFileSync(join(folder, "logs"), Buffer.alloc(bfree * bsize));
  assert.equal(statfsSync(folder).bfree, 0);
}

const value = { text: "x".repeat(2000) };
const put = (id: number) => ({ put: "container", id: String(id), value }) as const;

test("a store on a full disk takes changes and removals, and refuses only what needs more than its reserve", (context) => {
  const folder = smallDisk(context);
  const path = join(folder, "fairlead.db");
  const store = openStore(path);
  store.commit(Array.from({ length: 100 }, (_, id) => put(id)));
  fill(folder);
  for (let round = 0; round < 20; round++) for (let id = 0; id < 100; id++) store.commit([put(id)]);
  store.commit(Array.from({ length: 50 }, (_, id) => put(1000 + id)));
  const tooMuch = { put: "container", id: "huge", value: "x".repeat(2_000_000) } as const;
  assert.throws(() => store.commit([tooMuch]), { code: "STORE_UNUSABLE", message: /full; nothing was changed/ });
  store.commit(Array.from({ length: 100 }, (_, id) => ({ delete: "container", id: String(id) }) as const));
  assert.equal(store.all("container").length, 50);
  store.close();
  rmSync(join(folder, "logs"));
  const again = openStore(path);
  assert.equal(again.all("container").length, 50);
  again.close();
});
