import assert from "node:assert/strict";
import { test } from "node:test";
import type { Health, Healthcheck } from "../../../model/health.ts";
import { goDuration, intervalMs, probeArguments, timeoutMs, withResult } from "./rules.ts";

const check: Healthcheck = {
  ...{ test: ["CMD", "true"], intervalNs: 0, timeoutNs: 0, startPeriodNs: 0, startIntervalNs: 0, retries: 0 },
};
const startedAt = "2026-01-01T00:00:00Z";
const result = (exitCode: number, start = "2026-01-01T00:00:20Z") => ({ start, end: start, exitCode, output: "" });

/** Statuses after each of the exit codes. */
function after(codes: readonly number[], healthcheck: Healthcheck): string[] {
  let health: Health = { status: "starting", failingStreak: 0, log: [] };
  return codes.map((code) => {
    health = withResult(health, result(code), { healthcheck, startedAt });
    return `${health.status} ${health.failingStreak}`;
  });
}

test("LIFE-14 three failures in a row are unhealthy, one success is healthy", () => {
  assert.deepEqual(after([1, 0, 1, 2, -1, 0], check), [
    ...["starting 1", "healthy 0", "healthy 1", "healthy 2", "unhealthy 3", "healthy 0"],
  ]);
  assert.deepEqual(after([1, 1], { ...check, retries: 1 }), ["unhealthy 1", "unhealthy 2"]);
});

test("LIFE-15 in the start period failures do not count unless it has been healthy", () => {
  const healthcheck = { ...check, startPeriodNs: 30e9, retries: 2 };
  assert.deepEqual(after([1, 1, 1, 0, 1, 1], healthcheck), [
    ...["starting 0", "starting 0", "starting 0", "healthy 0", "healthy 1", "unhealthy 2"],
  ]);
});

test("LIFE-15 probes come every five seconds in the start period, and every thirty after", () => {
  const healthcheck = { ...check, startPeriodNs: 60e9 };
  assert.deepEqual(
    [
      intervalMs(check, "starting", 0),
      intervalMs(healthcheck, "starting", 59_999),
      intervalMs(healthcheck, "starting", 60_000),
      intervalMs(healthcheck, "healthy", 10),
      intervalMs({ ...healthcheck, startIntervalNs: 1e9 }, "starting", 10),
      intervalMs({ ...check, intervalNs: 2e9 }, "healthy", 10),
      timeoutMs(check),
    ],
    [30_000, 5_000, 30_000, 30_000, 1_000, 2_000, 30_000],
  );
});

test("LIFE-14 the last five results are kept", () => {
  let health: Health = { status: "healthy", failingStreak: 0, log: [] };
  for (const code of [0, 1, 2, 3, 4, 5, 6])
    health = withResult(health, result(code), { healthcheck: check, startedAt });
  assert.deepEqual(
    health.log.map(({ exitCode }) => exitCode),
    [2, 3, 4, 5, 6],
  );
});

for (const [given, expected] of [
  [
    ["CMD", "a", "b"],
    ["a", "b"],
  ],
  [
    ["CMD-SHELL", "a b"],
    ["/bin/sh", "-c", "a b"],
  ],
  [["NONE"], undefined],
  [[], undefined],
  [["CMD"], undefined],
  [["WGET", "x"], undefined],
] as const) {
  test(`LIFE-14 probeArguments() of ${JSON.stringify(given)}`, () => {
    assert.deepEqual(probeArguments({ ...check, test: given }), expected);
  });
}

for (const [ms, text] of [
  [500, "500ms"],
  [1000, "1s"],
  [1500, "1.5s"],
  [61_234, "1m1.234s"],
  [90_000, "1m30s"],
  [3_600_000, "1h0m0s"],
] as const) {
  test(`goDuration() says ${text}`, () => assert.equal(goDuration(ms), text));
}

test("a timeout that is longer than a timer can wait is as long as it can", () => {
  assert.equal(timeoutMs({ ...check, timeoutNs: 30 * 24 * 3600e9 }), 2 ** 31 - 1);
});
