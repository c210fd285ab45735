import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "./gate.ts";

test("Gate lets many share, one be alone, and serves in order of arrival", async () => {
  const gate = new Gate();
  const order: string[] = [];
  const [first, second] = [await gate.shared(), await gate.shared()];
  const alone = gate.alone().then((pass) => (order.push("alone"), pass));
  const late = gate.shared().then((pass) => (order.push("late"), pass));
  first[Symbol.dispose]();
  first[Symbol.dispose](); // twice is once
  await Promise.resolve();
  assert.deepEqual(order, []);
  second[Symbol.dispose]();
  (await alone)[Symbol.dispose]();
  (await late)[Symbol.dispose]();
  assert.deepEqual(order, ["alone", "late"]);
});
