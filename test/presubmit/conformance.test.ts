import assert from "node:assert/strict";
import { globSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { areas } from "../conformance/areas.ts";
import { differences } from "../conformance/differences.ts";
import { sections, uncovered } from "../conformance/moby-rows.ts";

const cases = areas.flatMap(({ cases: all }) => all);

/** "1-3 5": 1, 2, 3, 5. */
const numbers = (text: string): number[] =>
  text.split(" ").flatMap((part) => {
    const [from = 0, to = from] = part.split("-").map(Number);
    return Array.from({ length: to - from + 1 }, (_, index) => from + index);
  });
const promises = sections.flatMap(({ id, promises: rows }) => numbers(rows).map((row) => rowName(id, row)));

function rowName(section: string, row: number): string {
  return `${section}.${row}`;
}

test("test/conformance has a test file for each area", () => {
  const files = globSync("test/conformance/*.test.ts", { cwd: join(import.meta.dirname, "../..") });
  assert.equal(files.length, areas.length);
});

test("test/conformance names each case of an area once", () => {
  for (const { title, cases: all } of areas) {
    const names = all.map(({ name }) => name);
    assert.deepEqual([...new Set(names)], names, title);
  }
});

test("test/conformance lists no difference that no case shows", () => {
  const shown = new Set(cases.flatMap(({ differs = [] }) => differs));
  assert.deepEqual(
    Object.keys(differences).filter((id) => !shown.has(id as keyof typeof differences)),
    [],
  );
});

test("test/conformance carries out every promise of Docker's own tables, or says why not", () => {
  const named = new Set([...cases.flatMap(({ moby = [] }) => moby), ...Object.keys(uncovered)]);
  assert.deepEqual(
    promises.filter((row) => !named.has(row)),
    [],
  );
});

test("test/conformance has three hundred cases at least", () => {
  assert.ok(cases.length >= 300, `${cases.length}`);
});

test("test/conformance names no row that Docker's tables do not have, and excuses none that a case carries out", () => {
  const there = new Set(
    sections.flatMap(({ id, rows }) => Array.from({ length: rows }, (_, row) => rowName(id, row + 1))),
  );
  const carried = new Set(cases.flatMap(({ moby = [] }) => moby));
  assert.deepEqual(
    [...carried, ...Object.keys(uncovered)].filter((row) => !there.has(row)),
    [],
  );
  assert.deepEqual(
    Object.keys(uncovered).filter((row) => carried.has(row)),
    [],
  );
});
