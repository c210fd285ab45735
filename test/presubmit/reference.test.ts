import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { pages } from "../../scripts/print-reference.ts";
import { catalogue } from "../../src/base/errors.ts";

const root = join(import.meta.dirname, "../..");

for (const [path, print] of Object.entries(pages)) {
  test(`${path} is what the code prints (else: node scripts/print-reference.ts)`, async () => {
    assert.equal(readFileSync(join(root, path), "utf8"), await print());
  });
}

test("catalogue has no error that nothing throws", () => {
  const files = globSync("src/**/*.ts", { cwd: root }).filter(
    (file) => !file.endsWith(".test.ts") && file !== "src/base/errors.ts",
  );
  const code = files.map((file) => readFileSync(join(root, file), "utf8")).join("\n");
  const unused = Object.keys(catalogue).filter((name) => name !== "INVALID" && !code.includes(`"${name}"`));
  assert.deepEqual(unused, []);
});
