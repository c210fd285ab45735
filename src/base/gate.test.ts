import assert from "node:assert/strict";
import { test } from "node:test";
import { Gate } from "./gate.ts";

test("Gate lets many share, one be alone, and serves in order of arrival", async () => {
  const gate = new Gate();
  const order: string[] = [];
  const [first, second] = [await gate.shared(), await gate.shared()];
  const noted = async (name: string, pass: Promise<Disposable>) => {
    const got = await pass;
    order.push(name);
    return got;
  };
  const alone = noted("alone", gate.alone());
  const late = noted("late", gate.shared());
  first[Symbol.dispose]();
  first[Symbol.dispose](); // twice is once
  await Promise.resolve();
  assert.deepEqual(order, []);
  second[Symbol.dispose]();
  (await alone)[Symbol.dispose]();
  (await late)[Symbol.dispose]();
  assert.deepEqual(order, ["alone", "late"]);
});
