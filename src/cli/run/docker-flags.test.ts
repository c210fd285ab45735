import assert from "node:assert/strict";
import { test } from "node:test";
import { parseDevice } from "./docker-flags.ts";

const cases: readonly [text: string, inside: string, permissions: string][] = [
  ["/dev/a", "/dev/a", "rwm"],
  ["/dev/a:r", "/dev/a", "r"],
  ["/dev/a:/dev/b", "/dev/b", "rwm"],
  ["/dev/a:/dev/b:rw", "/dev/b", "rw"],
];

for (const [text, inside, permissions] of cases) {
  test(`--device ${text} grants what it says, no more`, () => {
    const wanted = { PathOnHost: "/dev/a", PathInContainer: inside, CgroupPermissions: permissions };
    assert.deepEqual(parseDevice(text), wanted);
  });
}

test("--device refuses what is no device", () => {
  assert.throws(() => parseDevice("/dev/a:/dev/b:r:x"), /it must be HOST-PATH/);
});
