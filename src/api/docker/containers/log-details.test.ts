import assert from "node:assert/strict";
import { test } from "node:test";
import { logDetails } from "./log-details.ts";

const config = { labels: { tier: "front end", other: "x" }, env: ["A=1", "AB=2=3", "EMPTY=", "C=4"] };
const cases = [
  { options: {}, details: "" },
  { options: { labels: "tier,missing", env: "A,EMPTY" }, details: "A=1,EMPTY=,tier=front%20end" },
  { options: { "labels-regex": "^o", "env-regex": "^A" }, details: "A=1,AB=2%3D3,other=x" },
];
for (const { options, details } of cases) {
  test(`logDetails() with ${JSON.stringify(options)}`, () => {
    assert.equal(logDetails({ ...config, logConfig: { type: "json-file", options } }), details);
  });
}
