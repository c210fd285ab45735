import assert from "node:assert/strict";
import { test } from "node:test";
import { parseLink } from "./link.ts";

const cases = [
  ["db", { reference: "db", alias: "db" }],
  ["db:store", { reference: "db", alias: "store" }],
  ["/db:/web/store", { reference: "db", alias: "store" }],
] as const;

for (const [text, parts] of cases) {
  test(`parseLink() takes ${text} apart`, () => assert.deepEqual(parseLink(text), parts));
}
