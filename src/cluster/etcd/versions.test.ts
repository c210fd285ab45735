import assert from "node:assert/strict";
import { test } from "node:test";
import { versionWarnings } from "./versions.ts";

const cases: Record<string, RegExp | undefined> = {
  "3.3.27": /^etcd 3[.]3[.]27 is older than any .*update to the newest 3[.]5 or 3[.]6[.]$/,
  "3.4.0": /can lose events/,
  "3.4.23":
    /^etcd 3[.]4[.]23 can lose events of a watch around a compaction, .*: update to the newest 3[.]5 or 3[.]6[.]$/,
  "3.4.30": /can lose events/,
  "3.4.31": /^etcd 3[.]4[.]31 is old/,
  "3.5.0": /can lose events/,
  "3.5.0-rc.1": /can lose events/,
  "3.5.12": /can lose events/,
  "3.5.13": undefined,
  "3.5.16": undefined,
  "3.6.0": undefined,
  "3.10.1": undefined,
  "4.0.0": undefined,
};

for (const [version, expected] of Object.entries(cases)) {
  test(`versionWarnings() of ${version}: ${expected ? "one" : "none"}`, () => {
    const warnings = versionWarnings(version);
    assert.equal(warnings.length, expected ? 1 : 0);
    if (expected) assert.match(warnings[0] ?? "", expected);
  });
}
