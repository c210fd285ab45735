import assert from "node:assert/strict";
import { test } from "node:test";
import { signalNumber } from "./signals.ts";

for (const [text, number] of Object.entries({
  SIGTERM: 15,
  term: 15,
  "9": 9,
  SIGRTMIN: 34,
  "sigrtmin+3": 37,
  "RTMAX-1": 63,
  "64": 64,
})) {
  test(`signalNumber() takes "${text}" for ${number}`, () => {
    assert.equal(signalNumber(text), number);
  });
}

for (const text of ["", "0", "65", "-9", "SIGNOTHING", "1.5", "RTMIN-1", "RTMAX+1", "toString"]) {
  test(`signalNumber() refuses "${text}"`, () => {
    assert.throws(() => signalNumber(text), { code: "INVALID" });
  });
}
