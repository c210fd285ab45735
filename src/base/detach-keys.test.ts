import assert from "node:assert/strict";
import { test } from "node:test";
import { DetachKeys, parseDetachKeys } from "./detach-keys.ts";

const sequences = [
  { text: "", bytes: [16, 17] },
  { text: "ctrl-p,ctrl-q", bytes: [16, 17] },
  { text: "ctrl-@,a,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_", bytes: [0, 97, 27, 28, 29, 30, 31] },
  { text: "Z", bytes: [90] },
];
for (const { text, bytes } of sequences) {
  test(`parseDetachKeys() reads "${text}"`, () => assert.deepEqual([...parseDetachKeys(text)], bytes));
}

for (const text of ["ctrl-", "ctrl-A", "ctrl-ab", "ab", "a,,b", "shift-a"]) {
  test(`parseDetachKeys() refuses "${text}"`, () => {
    assert.throws(() => parseDetachKeys(text), /Invalid detach keys/);
  });
}

/** The keys are "ab" and what is typed comes in these pieces. */
const typed = [
  { pieces: ["xab"], passed: "x", detached: true },
  { pieces: ["xa", "b"], passed: "x", detached: true },
  { pieces: ["a", "x"], passed: "ax", detached: false },
  { pieces: ["aab"], passed: "a", detached: true },
  { pieces: ["a"], passed: "", detached: false },
  { pieces: ["ba", "c"], passed: "bac", detached: false },
  { pieces: ["abc"], passed: "", detached: true },
];
for (const { pieces, passed, detached } of typed) {
  test(`DetachKeys of "ab" in ${JSON.stringify(pieces)}`, () => {
    const keys = new DetachKeys(Buffer.from("ab"));
    const results = pieces.map((piece) => keys.push(Buffer.from(piece)));
    assert.equal(Buffer.concat(results.map((result) => result.passed)).toString(), passed);
    assert.equal(results.at(-1)?.detached, detached);
  });
}
