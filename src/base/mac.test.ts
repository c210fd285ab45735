import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { randomMac } from "./ids.ts";
import { parseMac } from "./mac.ts";

test("parseMac() brings colons, dashes and upper case to one form", () => {
  assert.deepEqual(["02:42:AC:11:00:02", "02-42-ac-11-00-02"].map(parseMac), Array(2).fill("02:42:ac:11:00:02"));
});

const refused = [
  ["", /six pairs/],
  ["02:42:ac:11:00", /six pairs/],
  ["02:42:ac:11:00:02:03", /six pairs/],
  ["02:42:ac:11:00:2", /six pairs/],
  ["02:42-ac:11-00:02", /six pairs/],
  ["0242.ac11.0002", /six pairs/],
  ["02:42:ac:11:00:0g", /six pairs/],
  ["01:00:5e:00:00:01", /multicast/],
  ["ff:ff:ff:ff:ff:ff", /multicast/],
  ["00:00:00:00:00:00", /all zeros/],
] as const;

for (const [text, why] of refused) {
  test(`parseMac() refuses "${text}"`, () => {
    assert.throws(() => parseMac(text), { code: "INVALID", message: why });
  });
}

test("parseMac() accepts every randomMac()", () => {
  fc.assert(fc.property(fc.nat(), () => assert.match(parseMac(randomMac()), /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/)));
});
