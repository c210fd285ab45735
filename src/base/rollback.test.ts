import assert from "node:assert/strict";
import { test } from "node:test";
import { Rollback } from "./rollback.ts";

test("Rollback undoes newest first, waits for each step, goes on after a failure and reports every one", async () => {
  const undone: string[] = [];
  const rollback = new Rollback();
  const step = (what: string) => rollback.onFailure(what, async () => undone.push(await Promise.resolve(what)));
  const broken = (what: string) =>
    rollback.onFailure(what, () => {
      throw new Error(`no ${what}`);
    });
  step("one");
  broken("two");
  step("three");
  broken("four");
  await assert.rejects(rollback[Symbol.asyncDispose](), (error) => {
    assert.ok(error instanceof AggregateError);
    assert.deepEqual(
      error.errors.map((each: Error) => [each.message, (each.cause as Error).message]),
      [
        ["Cannot undo: four", "no four"],
        ["Cannot undo: two", "no two"],
      ],
    );
    return true;
  });
  assert.deepEqual(undone, ["three", "one"]);
});

test("Rollback undoes nothing after commit(), and what is named after it all the same", async () => {
  const undone: string[] = [];
  const rollback = new Rollback();
  rollback.onFailure("before", () => undone.push("before"));
  rollback.commit();
  rollback.onFailure("after", () => undone.push("after"));
  await rollback[Symbol.asyncDispose]();
  await rollback[Symbol.asyncDispose]();
  assert.deepEqual(undone, ["after"]);
});
