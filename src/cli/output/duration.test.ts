import assert from "node:assert/strict";
import { test } from "node:test";
import { humanDuration, parseDuration, parseTime } from "./duration.ts";

const [minute, hour, day] = [60, 3600, 86_400];
const words: readonly (readonly [seconds: number, text: string])[] = [
  [0.4, "Less than a second"],
  [1, "1 second"],
  [59, "59 seconds"],
  [minute, "About a minute"],
  [2 * minute, "2 minutes"],
  [59 * minute + 59, "59 minutes"],
  [hour, "About an hour"],
  [1.5 * hour, "2 hours"],
  [47 * hour, "47 hours"],
  [2 * day, "2 days"],
  [13 * day, "13 days"],
  [14 * day, "2 weeks"],
  [60 * day, "2 months"],
  [800 * day, "2 years"],
  [-5, "Less than a second"],
];

for (const [seconds, text] of words) {
  test(`humanDuration() calls ${seconds} s "${text}"`, () => {
    assert.equal(humanDuration(seconds * 1000), text);
  });
}

test("parseDuration() reads Go's durations and nothing else", () => {
  assert.deepEqual(["90s", "1h30m", "1.5h", "10ms", "5", "h", "1d"].map(parseDuration), [
    90_000,
    5_400_000,
    5_400_000,
    10,
    undefined,
    undefined,
    undefined,
  ]);
});

test("parseTime() makes seconds of dates and of durations ago, and takes seconds as they are", () => {
  assert.deepEqual(
    ["", "1700000000.5", "1m", "2026-01-02T03:04:05Z", "2026-01-02T03:04:05.25+01:00", "2026-01-02"].map((text) =>
      parseTime(text, 100_000),
    ),
    ["", "1700000000.5", "40.000000000", "1767323045.000000000", "1767319445.250000000", "1767312000.000000000"],
  );
});

test("parseTime() refuses anything else with the ways there are", () => {
  assert.throws(() => parseTime("yesterday", 0), /invalid time "yesterday": use RFC 3339/);
});
