import assert from "node:assert/strict";
import { test } from "node:test";
import { parsePlatform } from "../../model/platform.ts";
import { choosePlatform } from "./choose-platform.ts";

/** An index of manifests for these, "" for one of which nothing is said; the sizes are their places. */
const index = (platforms: readonly string[]) =>
  platforms.map((text, size) => ({
    ...{ mediaType: "", digest: "", size },
    ...(text === "" ? {} : { platform: parsePlatform(text) }),
  }));

const choices = [
  [["linux/arm/v5", "linux/arm/v6", "linux/arm/v7"], "linux/arm", 2],
  [["linux/arm/v5", "linux/arm/v6"], "linux/arm/v7", 1],
  [["linux/amd64/v3", "linux/amd64/v2", "linux/amd64"], "linux/amd64", 2],
  [["linux/amd64", "linux/amd64/v2", "linux/amd64/v4"], "linux/amd64/v3", 1],
  [["linux/386", "linux/amd64"], "linux/amd64", 1],
  [["linux/386", "linux/s390x"], "linux/amd64", 0],
  [["linux/amd64/v2", "linux/386"], "linux/amd64", 1],
  [["linux/arm/v7", "linux/arm64/v8"], "linux/arm64", 1],
  [["linux/arm64/v8", "linux/arm64/v8.1", "linux/arm64/v9.1"], "linux/arm64/v9", 1],
  [["", "linux/amd64"], "linux/amd64", 1],
  [[""], "linux/amd64", 0],
] as const;

for (const [offered, wanted, expected] of choices) {
  test(`choosePlatform() takes number ${expected} of ${offered} for ${wanted}`, () => {
    assert.equal(choosePlatform(index(offered), parsePlatform(wanted)).size, expected);
  });
}

test("choosePlatform() says that there is none", () => {
  assert.throws(() => choosePlatform(index(["linux/arm64", "windows/amd64"]), parsePlatform("linux/amd64")), {
    code: "INVALID",
    message: /no matching manifest for linux\/amd64/,
  });
});
