import assert from "node:assert/strict";
import { test } from "node:test";
import { fits, formatPlatform, ownPlatform, parsePlatform } from "./platform.ts";

const own = ownPlatform().architecture;
const texts = [
  ["", `linux/${own}`],
  ["linux", `linux/${own}`],
  ["linux/arm64", "linux/arm64"],
  ["linux/arm64/v8", "linux/arm64/v8"],
  ["aarch64", "linux/arm64"],
  ["Linux/X86_64", "linux/amd64"],
] as const;

for (const [text, expected] of texts) {
  test(`parsePlatform(${JSON.stringify(text)}) is ${expected}`, () => {
    assert.equal(formatPlatform(parsePlatform(text)), expected);
  });
}

for (const text of ["linux/arm/v7/x", "linux/", "li nux/arm64", "linux/arm 64"]) {
  const expected = text === "linux/" ? undefined : { code: "INVALID" };
  test(`parsePlatform(${JSON.stringify(text)}) ${expected ? "is refused" : "is this machine's"}`, () => {
    if (expected) assert.throws(() => parsePlatform(text), expected);
    else assert.deepEqual(parsePlatform(text), ownPlatform());
  });
}

const pairs = [
  ["linux/arm64", "linux/arm64/v8", true],
  ["linux/arm64/v8", "linux/arm64", true],
  ["linux/arm/v6", "linux/arm/v7", false],
  ["linux/amd64", "linux/arm64", false],
  ["windows/amd64", "linux/amd64", false],
] as const;

for (const [offered, wanted, expected] of pairs) {
  test(`fits() says ${expected} to an image for ${offered} where ${wanted} is asked for`, () => {
    assert.equal(fits(parsePlatform(offered), parsePlatform(wanted)), expected);
  });
}

test("fits() takes an empty variant for none", () => {
  assert.ok(fits({ os: "linux", architecture: "arm64", variant: "" }, parsePlatform("linux/arm64/v8")));
});
