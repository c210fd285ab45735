import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");

/** Ids in the first column of the tables of docs/spec, with the file they are in. */
const rows = globSync("docs/spec/*.md", { cwd: root }).flatMap((file) =>
  [...read(file).matchAll(/^\| ([A-Z]{2,8}-\d+) \|/gm)].map(([, id = ""]) => ({ id, file })),
);

const tests = globSync("{src,test,lab,examples}/**/*.test.ts", { cwd: root }).filter(
  (file) => !file.startsWith("test/presubmit/"),
);

/** Ids that a title carries at its start ("NET-1, NET-2: ...") or in brackets ("... [NET-1]"). */
const titled = tests.flatMap((file) => {
  const ids = "[A-Z]{2,8}-\\d+(?:,? [A-Z]{2,8}-\\d+)*";
  const found = read(file).matchAll(new RegExp(`["'\`](${ids})[\\s:,"'\`]|\\[(${ids})\\]`, "g"));
  return [...found].flatMap(([, start, bracket]) => (start ?? bracket ?? "").split(/,? /)).map((id) => ({ id, file }));
});

test("docs/spec gives each id once", () => {
  const twice = rows.filter(({ id }, index) => rows.findIndex((row) => row.id === id) !== index);
  assert.ok(rows.length > 20);
  assert.deepEqual(twice, []);
});

test("docs/spec has no row that no test names", () => {
  const named = new Set(titled.map(({ id }) => id));
  assert.deepEqual(
    rows.filter(({ id }) => !named.has(id)).map(({ id }) => id),
    [],
  );
});

test("no test names a row that docs/spec does not have", () => {
  const areas = new Set(rows.map(({ id }) => id.replace(/-\d+$/, "")));
  const ids = new Set(rows.map(({ id }) => id));
  const unknown = titled.filter(({ id }) => areas.has(id.replace(/-\d+$/, "")) && !ids.has(id));
  assert.deepEqual(unknown, []);
});
