import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Places } from "./places.ts";

test("Places asks who is inside longest to leave, only when others wait, and lets them in in turn", async () => {
  const places = new Places(2, 1);
  const [first, second] = [await places.take(), await places.take()];
  assert.deepEqual([first.leave.aborted, second.leave.aborted], [false, false]);
  const entered: string[] = [];
  const take = async (name: string) => {
    const place = await places.take();
    entered.push(name);
    return place;
  };
  const third = take("third");
  await once(first.leave, "abort");
  assert.deepEqual([second.leave.aborted, entered], [false, []]);
  first[Symbol.dispose]();
  const fourth = take("fourth");
  (await third)[Symbol.dispose]();
  (await fourth)[Symbol.dispose]();
  assert.deepEqual(entered, ["third", "fourth"]);
  second[Symbol.dispose]();
  second[Symbol.dispose](); // twice frees one place
  const [fifth, sixth] = [await places.take(), await places.take()];
  const seventh = places.take();
  await once(fifth.leave, "abort");
  fifth[Symbol.dispose]();
  (await seventh)[Symbol.dispose]();
  sixth[Symbol.dispose]();
});
