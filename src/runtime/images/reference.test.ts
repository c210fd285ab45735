import assert from "node:assert/strict";
import { test } from "node:test";
import { parseReference } from "./reference.ts";

const good = [
  ["box", "box:latest"],
  ["box:1.2", "box:1.2"],
  ["team/box", "team/box:latest"],
  ["localhost:5000/team/box:v1", "localhost:5000/team/box:v1"],
  ["Registry.Example.test/a-b/c__d:T_1", "Registry.Example.test/a-b/c__d:T_1"],
] as const;

for (const [text, reference] of good) {
  test(`parseReference() brings "${text}" to "${reference}"`, () => {
    assert.equal(parseReference(text), reference);
  });
}

const bad = [
  "",
  ":",
  "Box",
  "a//b",
  "a/",
  "/a",
  "a b",
  "a:",
  "a:b:c",
  "-a",
  "a:-b",
  "../a",
  "a\n",
  "a@sha256:00",
  "a".repeat(256),
];

for (const text of bad) {
  test(`parseReference() refuses ${JSON.stringify(text)}`, () => {
    assert.throws(() => parseReference(text), { code: "INVALID" });
  });
}
