import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { KeyedLock } from "./keyed-lock.ts";

/** Enters when it may, says so, and leaves when told. */
function visitor(lock: KeyedLock, keys: readonly string[], inside: string[], name: string) {
  const leave = Promise.withResolvers<void>();
  const done = (async () => {
    await using _held = await lock.holdAll(keys);
    inside.push(name);
    await leave.promise;
    inside.splice(inside.indexOf(name), 1);
  })();
  return { leave: leave.resolve, done };
}

test("KeyedLock.hold() lets one in at a time, in order of arrival, and those of other keys beside", async () => {
  const lock = new KeyedLock();
  const inside: string[] = [];
  const [first, second, third] = ["first", "second", "third"].map((name) => visitor(lock, ["a"], inside, name));
  const other = visitor(lock, ["b"], inside, "other");
  await setImmediate();
  assert.deepEqual(inside, ["first", "other"]);
  for (const [visit, next] of [
    [first, "second"],
    [second, "third"],
  ] as const) {
    visit?.leave();
    await visit?.done;
    await setImmediate();
    assert.deepEqual(inside, ["other", next]);
  }
  third?.leave();
  other.leave();
  await Promise.all([third?.done, other.done]);
});

test("KeyedLock.holdAll() takes keys in one order, each once, and gives all back", async () => {
  const lock = new KeyedLock();
  const inside: string[] = [];
  const one = visitor(lock, ["a", "b", "a"], inside, "one");
  const two = visitor(lock, ["b", "a"], inside, "two");
  await setImmediate();
  assert.deepEqual(inside, ["one"]);
  one.leave();
  await one.done;
  await setImmediate();
  assert.deepEqual(inside, ["two"]);
  two.leave();
  await two.done;
  await using _again = await lock.holdAll(["a", "b"]);
});
