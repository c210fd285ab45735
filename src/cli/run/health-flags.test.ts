import assert from "node:assert/strict";
import { test } from "node:test";
import { healthConfig } from "./health-flags.ts";

const none = {
  ...{ healthCmd: "", healthInterval: "", healthRetries: undefined, healthStartInterval: "", healthStartPeriod: "" },
  ...{ healthTimeout: "", noHealthcheck: false },
};

test("LIFE-14 healthConfig() makes of the flags what docker's CLI makes of them", () => {
  assert.deepEqual(healthConfig(none), {});
  assert.deepEqual(healthConfig({ ...none, noHealthcheck: true }), { Healthcheck: { Test: ["NONE"] } });
  const all = { healthCmd: "ask", healthInterval: "1m30s", healthRetries: 2, healthTimeout: "500ms" };
  assert.deepEqual(healthConfig({ ...none, ...all }), {
    Healthcheck: { Test: ["CMD-SHELL", "ask"], Interval: 90e9, Timeout: 5e8, Retries: 2 },
  });
  assert.throws(() => healthConfig({ ...none, healthCmd: "ask", noHealthcheck: true }), /--no-healthcheck conflicts/);
  assert.throws(() => healthConfig({ ...none, healthInterval: "soon" }), /--health-interval/);
});
