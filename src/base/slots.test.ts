import assert from "node:assert/strict";
import { test } from "node:test";
import { Slots } from "./slots.ts";

test("Slots lets so many run at once, in the order they came, and goes on after a failure", async () => {
  const slots = new Slots(2);
  const begun: number[] = [];
  const doors = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const all = doors.map(({ promise }, index) =>
    slots.run(() => {
      begun.push(index);
      return promise;
    }),
  );
  assert.deepEqual(begun, [0, 1]);
  doors[1]?.reject(new Error("no"));
  await assert.rejects(all[1] ?? Promise.resolve(), /no/);
  assert.deepEqual(begun, [0, 1, 2]);
  for (const door of doors) door.resolve();
  await Promise.allSettled(all);
  assert.deepEqual(begun, [0, 1, 2, 3]);
});
