import assert from "node:assert/strict";
import { test } from "node:test";
import { checkLogConfig, completeLogConfig, logLimits } from "./log-config.ts";

const limits = [
  { type: "json-file", options: {}, expected: { maxFiles: 1 } },
  { type: "json-file", options: { "max-size": "10m", "max-file": "3" }, expected: { maxFiles: 3, maxSize: 10 << 20 } },
  { type: "json-file", options: { "max-size": "1.5KB" }, expected: { maxFiles: 1, maxSize: 1536 } },
  { type: "local", options: {}, expected: { maxFiles: 5, maxSize: 20 << 20 } },
  { type: "local", options: { "max-size": "-1" }, expected: { maxFiles: 5 } },
  { type: "none", options: { "max-file": "9" }, expected: { maxFiles: 1, maxSize: 16 << 20, passing: true } },
];
for (const { type, options, expected } of limits) {
  test(`logLimits() of ${type} with ${JSON.stringify(options)}`, () => {
    checkLogConfig({ type, options });
    assert.deepEqual(logLimits({ type, options }), expected);
  });
}

const own = { type: "json-file", options: { "max-size": "1m", "max-file": "2" } };
const completed = [
  { wanted: undefined, expected: own },
  {
    wanted: { type: "", options: { "max-file": "9" } },
    expected: { ...own, options: { ...own.options, "max-file": "9" } },
  },
  { wanted: { type: "json-file", options: {} }, expected: own },
  { wanted: { type: "local", options: {} }, expected: { type: "local", options: {} } },
];
for (const { wanted, expected } of completed) {
  test(`STR-29 completeLogConfig() of ${JSON.stringify(wanted)}`, () => {
    assert.deepEqual(completeLogConfig(wanted, own), expected);
    const wrong = { type: wanted?.type ?? "", options: { colour: "red" } };
    assert.throws(() => completeLogConfig(wrong, own), /unknown log opt 'colour'/);
  });
}

const refused = [
  { type: "nonesuch", options: {}, message: /logger: no log driver named 'nonesuch' is registered/ },
  { type: "syslog", options: {}, message: /log driver "syslog" is not supported: use json-file, local, none/ },
  { type: "json-file", options: { colour: "red" }, message: /unknown log opt 'colour' for json-file log driver/ },
  { type: "local", options: { labels: "a" }, message: /unknown log opt 'labels' for local log driver/ },
  { type: "json-file", options: { "max-size": "0" }, message: /max-size must be a positive number/ },
  { type: "json-file", options: { "max-size": "much" }, message: /max-size must be a positive number/ },
  { type: "json-file", options: { "labels-regex": "[" }, message: /labels-regex is no regular expression/ },
  { type: "json-file", options: { "max-file": "0" }, message: /max-file must be a positive number/ },
];
for (const { type, options, message } of refused) {
  test(`checkLogConfig() refuses ${type} with ${JSON.stringify(options)}`, () => {
    assert.throws(() => checkLogConfig({ type, options }), message);
  });
}
