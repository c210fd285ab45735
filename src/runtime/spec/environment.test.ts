import assert from "node:assert/strict";
import { test } from "node:test";
import { mergeEnvironment } from "./environment.ts";

const cases: readonly { name: string; lists: string[][]; merged: string[] }[] = [
  { name: "puts a later value in the earlier one's place", lists: [["A=1", "B=2"], ["A=3"]], merged: ["A=3", "B=2"] },
  { name: "keeps a value that is empty, and one with equals signs", lists: [["A=", "B=c=d"]], merged: ["A=", "B=c=d"] },
  { name: "takes a variable away that is named without a value", lists: [["A=1", "B=2"], ["A"]], merged: ["B=2"] },
  { name: "knows a variable again that was taken away", lists: [["A"], ["A=1"]], merged: ["A=1"] },
];

for (const { name, lists, merged } of cases) {
  test(`mergeEnvironment() ${name}`, () => assert.deepEqual(mergeEnvironment(...lists), merged));
}
