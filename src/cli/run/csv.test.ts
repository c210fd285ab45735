import assert from "node:assert/strict";
import { test } from "node:test";
import { splitCsv } from "./csv.ts";

const cases: readonly (readonly [line: string, fields: readonly string[]])[] = [
  ["", [""]],
  ["a", ["a"]],
  ["a,b", ["a", "b"]],
  ["a,,b", ["a", "", "b"]],
  ["a,", ["a", ""]],
  [",a", ["", "a"]],
  ['"a,b",c', ["a,b", "c"]],
  ['"say ""hi""",c', ['say "hi"', "c"]],
];

for (const [line, fields] of cases) {
  test(`splitCsv() splits ${line || "an empty line"}`, () => {
    assert.deepEqual(splitCsv(line), fields);
  });
}

for (const line of ['"a', '"a"b,c']) {
  test(`splitCsv() refuses ${line}`, () => {
    assert.throws(() => splitCsv(line), /misplaced quote/);
  });
}
