import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { IntervalSet } from "./interval-set.ts";

const most = 40;
const step = fc.record({ first: fc.nat({ max: most }), length: fc.integer({ min: 1, max: 6 }) });

/** Toggles blocks that are wholly in or wholly out, in the set and in a plain Set, and compares every answer. */
function compare(steps: readonly { first: number; length: number }[]): void {
  const set = new IntervalSet();
  const model = new Set<number>();
  for (const { first, length } of steps) {
    const block = Array.from({ length }, (_, index) => first + index);
    const [start, end] = [BigInt(first), BigInt(first + length - 1)];
    if (block.every((number) => !model.has(number))) {
      set.add(start, end);
      for (const number of block) model.add(number);
    } else if (block.every((number) => model.has(number))) {
      set.remove(start, end);
      for (const number of block) model.delete(number);
    }
    assert.equal(
      set.meets(start, end),
      block.some((number) => model.has(number)),
    );
    assert.equal(
      set.endOfMeeting(start, end),
      runEnd(
        model,
        block.find((number) => model.has(number)),
      ),
    );
    for (let number = 0; number < most + 8; number += 1) {
      assert.equal(set.has(BigInt(number)), model.has(number));
      assert.equal(set.endOfRun(BigInt(number)), runEnd(model, model.has(number) ? number : undefined));
    }
  }
}

function runEnd(model: ReadonlySet<number>, from: number | undefined): bigint | undefined {
  if (from === undefined) return undefined;
  let end = from;
  while (model.has(end + 1)) end += 1;
  return BigInt(end);
}

test("IntervalSet answers as a plain set does, for any order of adding and removing", () => {
  fc.assert(fc.property(fc.array(step, { maxLength: 60 }), compare));
});
