import assert from "node:assert/strict";
import { test } from "node:test";
import { warningsOf } from "./listeners.ts";

test("warningsOf() names the sockets that anybody may reach", () => {
  const [first, ...others] = warningsOf(["unix:///run/a.sock", "tcp://127.0.0.1:2375", "fd://"]);
  assert.match(first ?? "", /^WARNING: API is accessible on http:\/\/127\.0\.0\.1:2375 without encryption/);
  assert.deepEqual(others, []);
});
