import assert from "node:assert/strict";
import { test } from "node:test";
import { parseAddress } from "./address.ts";

const cases: readonly (readonly [text: string, address: object])[] = [
  ["unix:///run/x.sock", { kind: "unix", path: "/run/x.sock" }],
  ["tcp://10.0.0.1:99", { kind: "tcp", host: "10.0.0.1", port: 99 }],
  ["tcp://box", { kind: "tcp", host: "box", port: 2375 }],
  ["tcp://[::1]:99", { kind: "tcp", host: "::1", port: 99 }],
];

for (const [text, address] of cases) {
  test(`parseAddress() reads ${text}`, () => {
    assert.deepEqual(parseAddress(text), { ...address, text });
  });
}

for (const text of [
  "",
  "unix://",
  "unix://run/x",
  "tcp://",
  "tcp://a:0",
  "tcp://a:70000",
  "tcp://::1",
  "http://a",
  "/run/x.sock",
]) {
  test(`parseAddress() refuses "${text}"`, () => {
    assert.throws(() => parseAddress(text), /invalid host/);
  });
}
