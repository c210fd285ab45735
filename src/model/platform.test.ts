import assert from "node:assert/strict";
import { test } from "node:test";
import { fits, formatPlatform, goArchitecture, ownPlatform, parsePlatform } from "./platform.ts";

const own = ownPlatform().architecture;
const texts = [
  ["", `linux/${own}`],
  ["linux", `linux/${own}`],
  ["linux/arm64", "linux/arm64"],
  ["linux/arm64/v8", "linux/arm64/v8"],
  ["aarch64", "linux/arm64"],
  ["Linux/X86_64", "linux/amd64"],
  ["armhf", "linux/arm"],
  ["linux/armel", "linux/arm/v6"],
] as const;

for (const [text, expected] of texts) {
  test(`parsePlatform(${JSON.stringify(text)}) is ${expected}`, () => {
    assert.equal(formatPlatform(parsePlatform(text)), expected);
  });
}

for (const text of ["linux/arm/v7/x", "linux/", "li nux/arm64", "linux/arm 64", "linux/arm64/li nux"]) {
  const expected = text === "linux/" ? undefined : { code: "INVALID" };
  test(`parsePlatform(${JSON.stringify(text)}) ${expected ? "is refused" : "is this machine's"}`, () => {
    if (expected) assert.throws(() => parsePlatform(text), expected);
    else assert.deepEqual(parsePlatform(text), ownPlatform());
  });
}

const refused = [
  ["       ", /is an invalid OS component of/],
  ["/", /is an invalid OS component of/],
  ["nintendo64", /unknown operating system or architecture/],
] as const;
for (const [text, why] of refused) {
  test(`parsePlatform(${JSON.stringify(text)}) says why not`, () => void assert.throws(() => parsePlatform(text), why));
}

test("parsePlatform() knows the system that Go calls darwin", () => {
  assert.deepEqual([parsePlatform("macos/arm64").os, parsePlatform("macos").os], ["darwin", "darwin"]);
});

const pairs = [
  ["linux/arm64", "linux/arm64/v8", true],
  ["linux/arm64/v8", "linux/arm64", true],
  ["linux/arm/v6", "linux/arm/v7", true],
  ["linux/arm/v7", "linux/arm/v6", false],
  ["linux/arm", "linux/arm/v6", true],
  ["linux/arm/v8", "linux/arm", false],
  ["linux/arm/v7", "linux/arm64", true],
  ["linux/arm64", "linux/arm/v7", false],
  ["linux/386", "linux/amd64", true],
  ["linux/amd64", "linux/386", false],
  ["linux/amd64/v3", "linux/amd64", true],
  ["linux/amd64/v3", "linux/amd64/v2", false],
  ["linux/amd64/v1", "linux/amd64/v2", true],
  ["linux/arm64/v8.2", "linux/arm64/v9", true],
  ["linux/arm64/v9", "linux/arm64/v8.5", false],
  ["linux/amd64", "linux/arm64", false],
  ["windows/amd64", "linux/amd64", false],
] as const;

for (const [offered, wanted, expected] of pairs) {
  test(`fits() says ${expected} to an image for ${offered} where ${wanted} is asked for`, () => {
    assert.equal(fits(parsePlatform(offered), parsePlatform(wanted)), expected);
  });
}

test("fits() knows architectures that an image has by other names", () => {
  assert.ok(fits({ os: "Linux", architecture: "x86_64" }, parsePlatform("linux/amd64")));
  assert.ok(fits({ os: "linux", architecture: "aarch64", variant: "8" }, parsePlatform("linux/arm64")));
  assert.ok(!fits({ os: "linux", architecture: "armel" }, parsePlatform("linux/arm/v5")));
});

test("goArchitecture() has Go's names for Node's", () => {
  assert.deepEqual(["x64", "ia32", "ppc64", "arm64"].map(goArchitecture), ["amd64", "386", "ppc64le", "arm64"]);
});

test("fits() takes an empty variant for none", () => {
  assert.ok(fits({ os: "linux", architecture: "arm64", variant: "" }, parsePlatform("linux/arm64/v8")));
});
