import assert from "node:assert/strict";
import { test } from "node:test";
import { markOf, ownerIn } from "./mark.ts";

test("ownerIn() reads the owner that markOf() wrote, and none in other aliases", () => {
  assert.equal(markOf({ owner: "network/12", why: "network web" }), "fairlead network/12 network web");
  assert.equal(ownerIn("fairlead network/12 network web"), "network/12");
  assert.equal(ownerIn("uplink to the rack"), undefined);
  assert.equal(ownerIn(""), undefined);
});

test("markOf() cuts long text to what an alias holds, never inside a character", () => {
  const mark = markOf({ owner: "network/12", why: "\u{1f6a2}".repeat(100) });
  assert.ok(Buffer.byteLength(mark) <= 254);
  assert.equal(mark, mark.toWellFormed());
  assert.doesNotMatch(mark, /\ufffd/);
});
