import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import fc from "fast-check";
import type { RecordKind, StoreChange } from "../contracts/store.ts";
import { openStore } from "./sqlite.ts";

function temporaryPath(): Disposable & { readonly path: string } {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-store-"));
  return { path: join(folder, "store.db"), [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

test("openStore() keeps what was committed across close and open", () => {
  using file = temporaryPath();
  const first = openStore(file.path);
  first.commit([
    { put: "network", id: "b", value: { name: "web" } },
    { put: "network", id: "a", value: [1, null, "ä\u0000"] },
    { put: "container", id: "b", value: "other kind, same id" },
  ]);
  first.commit([{ delete: "container", id: "b" }]);
  first.close();
  first.close(); // twice is once
  const second = openStore(file.path);
  assert.deepEqual(second.all("network"), [[1, null, "ä\u0000"], { name: "web" }]);
  assert.deepEqual(second.get("network", "b"), { name: "web" });
  assert.equal(second.get("container", "b"), undefined);
  second.close();
});

test("openStore() makes a file that only its owner can read", () => {
  using file = temporaryPath();
  const store = openStore(file.path);
  store.commit([{ put: "meta", id: "a", value: 1 }]);
  assert.deepEqual(
    [file.path, `${file.path}-wal`].map((path) => statSync(path).mode & 0o777),
    [0o600, 0o600],
  );
  store.close();
});

test("commit() writes all of its changes or none", () => {
  using file = temporaryPath();
  const store = openStore(file.path);
  store.commit([{ put: "network", id: "a", value: 1 }]);
  const changes: StoreChange[] = [
    { delete: "network", id: "a" },
    { put: "network", id: "b", value: 2n }, // JSON has no bigint
  ];
  assert.throws(() => store.commit(changes), TypeError);
  assert.deepEqual(store.all("network"), [1]);
  store.commit([]); // the store is usable after a failure
  store.commit([{ put: "network", id: "b", value: 2 }]);
  assert.deepEqual(store.all("network"), [1, 2]);
  store.close();
});

test("commit() behaves as a map of records does, for any sequence of changes", () => {
  const kind = fc.constantFrom<RecordKind>("network", "endpoint");
  const id = fc.constantFrom("a", "b", "c");
  const change: fc.Arbitrary<StoreChange> = fc.oneof(
    fc.record({ put: kind, id, value: fc.jsonValue() }),
    fc.record({ delete: kind, id }),
  );
  using file = temporaryPath();
  const store = openStore(file.path);
  const model = new Map<string, string>();
  const check = (changes: StoreChange[]): void => {
    store.commit(changes);
    for (const one of changes) {
      if ("put" in one) model.set(`${one.put} ${one.id}`, JSON.stringify(one.value));
      else model.delete(`${one.delete} ${one.id}`);
    }
    for (const kind of ["network", "endpoint"] as const) {
      const expected = [...model].filter(([key]) => key.startsWith(kind)).sort(([a], [b]) => (a < b ? -1 : 1));
      assert.deepEqual(
        store.all(kind),
        expected.map(([, value]) => JSON.parse(value)),
      );
    }
  };
  fc.assert(fc.property(fc.array(change, { maxLength: 5 }), check), { numRuns: 50 });
  store.close();
});

const runner = join(import.meta.dirname, "testdata", "commit-loop.ts");

/** Runs the commit loop, kills it with SIGKILL after it acknowledged `rounds`, and returns the last round it printed. */
async function crash(path: string, first: number, rounds: number): Promise<number> {
  const child = spawn(process.execPath, [runner, path, String(first)], { stdio: ["ignore", "pipe", "inherit"] });
  let last = first - 1;
  for await (const line of createInterface(child.stdout)) {
    last = Number(line);
    if (last >= first + rounds) child.kill("SIGKILL");
  }
  if (child.signalCode === null && child.exitCode === null) await once(child, "exit");
  assert.equal(child.signalCode, "SIGKILL");
  return last;
}

test("openStore() finds every acknowledged commit and no torn one after 20 kills in a commit loop", async () => {
  using file = temporaryPath();
  let next = 1;
  for (let kill = 0; kill < 20; kill += 1) {
    const acknowledged = await crash(file.path, next, (kill * 7) % 40);
    const store = openStore(file.path);
    const latest = store.get<number>("network", "latest") ?? 0;
    assert.ok(latest >= acknowledged, `round ${acknowledged} was acknowledged, ${latest} is the last in the store`);
    assert.equal(store.get("container", "latest"), latest);
    assert.equal(store.all("endpoint").length, latest);
    store.close();
    next = latest + 1;
  }
});

test("openStore() refuses a second opener and names the process that has it, until that process dies", async () => {
  using file = temporaryPath();
  const child = spawn(process.execPath, [runner, file.path], { stdio: ["ignore", "pipe", "inherit"] });
  await once(child.stdout, "data");
  child.stdout.resume();
  const refusal = { code: "STORE_LOCKED", message: new RegExp(`process ${child.pid} has it open; .*--data-root`) };
  assert.throws(() => openStore(file.path), refusal);
  assert.equal(readFileSync(`${file.path}.pid`, "utf8").trim(), String(child.pid));
  child.kill("SIGKILL");
  await once(child, "exit");
  openStore(file.path).close();
});

test("openStore() refuses a second opener in the same process too", () => {
  using file = temporaryPath();
  const store = openStore(file.path);
  assert.throws(() => openStore(file.path), { code: "STORE_LOCKED" });
  store.commit([{ put: "meta", id: "still", value: "open" }]);
  store.close();
});

const refused = [
  {
    name: "a file that is no database",
    make: (path: string) => writeFileSync(path, "x".repeat(5000)),
    message: /it is damaged \(file is not a database\); restore it from a backup/,
  },
  {
    name: "a database of another program",
    make: (path: string) => withDatabase(path, "CREATE TABLE songs (title TEXT)"),
    message: /it is a database of another program; give the daemon another --data-root/,
  },
  {
    name: "a store that a newer version wrote",
    make: (path: string) => {
      openStore(path).close();
      withDatabase(path, "PRAGMA user_version = 99");
    },
    message: /a newer Fairlead wrote it \(schema 99, this one knows up to \d+\); run that version/,
  },
  {
    name: "a store that has lost its end",
    make: (path: string) => {
      const store = openStore(path);
      const changes = Array.from({ length: 500 }, (_, n) => ({
        put: "network" as const,
        id: `${n}`,
        value: "x".repeat(100),
      }));
      store.commit(changes);
      store.close();
      truncateSync(path, statSync(path).size - 4096 * 5);
    },
    message: /it is damaged/,
  },
  {
    name: "a path in a folder that is not there",
    make: () => {},
    at: "missing/store.db",
    message: /no such file or directory.*check the path/,
  },
];

function withDatabase(path: string, sql: string): void {
  const db = new DatabaseSync(path);
  db.exec(sql);
  db.close();
}

for (const { name, make, message, at } of refused) {
  test(`openStore() refuses ${name}`, () => {
    using file = temporaryPath();
    const path = at ? join(file.path, "..", at) : file.path;
    make(path);
    assert.throws(() => openStore(path), { code: "STORE_UNUSABLE", message });
  });
}
