import assert from "node:assert/strict";
import { test } from "node:test";
import { isOwnPage } from "./websocket.ts";

const pages = [
  ["http://h:2375", "h:2375", true],
  ["http://h", "h", true],
  ["http://h", "h:80", true],
  ["https://h", "h:443", true],
  ["http://H", "h", true],
  ["http://[::1]:80", "[::1]", true],
  ["https://h", "h:80", false],
  ["http://h", "h:2375", false],
  ["http://evil", "h", false],
  ["null", "h", false],
  ["http://h", undefined, false],
] as const;

for (const [origin, host, expected] of pages) {
  test(`isOwnPage() says ${expected} to a page of ${origin} that asks ${host}`, () => {
    assert.equal(isOwnPage(origin, host), expected);
  });
}
