import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, renameSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import type { Store } from "../contracts/store.ts";
import { openStore } from "./sqlite.ts";

/** A file system of its own, of 8 MiB, and the path of a store on it. */
function smallDisk(context: TestContext): { folder: string; path: string } {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-store-"));
  execFileSync("mount", ["-t", "tmpfs", "-o", "size=8m", "none", folder]);
  context.after(() => {
    execFileSync("umount", ["--lazy", folder]);
    rmSync(folder, { recursive: true });
  });
  return { folder, path: join(folder, "fairlead.db") };
}

/** Takes the room that is left; again, what has become free since. */
let filled = 0;
function fill(folder: string): void {
  const { bfree, bsize } = statfsSync(folder);
  writeFileSync(join(folder, `logs-${filled++}`), Buffer.alloc(bfree * bsize));
  assert.equal(statfsSync(folder).bfree, 0);
}

const put = (id: number, bytes = 2000) =>
  ({ put: "container", id: String(id), value: { text: "x".repeat(bytes) } }) as const;
const numbers = (count: number) => Array.from({ length: count }, (_, id) => id);

/** Changes and removes all that there is, one by one, and puts it back. */
function changeAll(store: Store, count: number): void {
  for (const id of numbers(count)) store.commit([put(id, 2100)]);
  for (const id of numbers(count)) store.commit([{ delete: "container", id: String(id) }]);
  for (const id of numbers(count)) store.commit([put(id)]);
}

for (const count of [1, 100, 300, 600])
  test(`a full disk: ${count} records can be changed and removed, however the store has grown to them`, (context) => {
    const { folder, path } = smallDisk(context);
    const store = openStore(path);
    for (const id of numbers(count)) store.commit([put(id)]);
    fill(folder);
    changeAll(store, count);
    assert.throws(() => store.commit([put(9999, 4_000_000)]), {
      code: "STORE_UNUSABLE",
      message: /full; nothing was changed/,
    });
    changeAll(store, count);
    assert.equal(store.all("container").length, count);
    store.close();
  });

/** A process that opens the store, adds records and changes all, and ends as it is told. */
const life = `
  import { openStore } from ${JSON.stringify(new URL("./sqlite.ts", import.meta.url).href)};
  const [path, first, end] = process.argv.slice(1);
  const store = openStore(path);
  const put = (id) => ({ put: "container", id: String(id), value: { text: "x".repeat(2000) } });
  store.commit(Array.from({ length: 20 }, (_, index) => put(Number(first) + index)));
  for (let id = 0; id < Number(first) + 20; id++) {
    store.commit([{ delete: "container", id: String(id) }]);
    store.commit([put(id)]);
  }
  if (end === "killed") process.kill(process.pid, "SIGKILL");
  store.close();`;

for (const end of ["closed", "killed"] as const)
  test(`a full disk: a store that was ${end}, again and again, can be opened and changed`, (context) => {
    const { folder, path } = smallDisk(context);
    for (let first = 0; first < 100; first += 20) {
      const { status, signal, stderr } = spawnSync(
        process.execPath,
        ["--input-type=module", "-e", life, path, String(first), end],
        { encoding: "utf8" },
      );
      assert.deepEqual([status, signal], end === "closed" ? [0, null] : [null, "SIGKILL"], stderr);
      fill(folder);
    }
    const store = openStore(path);
    assert.equal(store.all("container").length, 100);
    store.close();
  });

test("a store's log of the last run counts for nothing once it has been closed, whatever file takes the store's place", (context) => {
  const { path } = smallDisk(context);
  const first = openStore(path);
  first.commit([put(1)]);
  first.close();
  cpSync(path, `${path}.backup`);
  const second = openStore(path);
  second.commit([put(2)]);
  second.close();
  renameSync(`${path}.backup`, path);
  const restored = openStore(path);
  assert.equal(restored.all("container").length, 1);
  restored.close();
});
