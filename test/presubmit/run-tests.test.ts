import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const scripts = join(import.meta.dirname, "../../scripts");

test("test-reporter counts passed, failed and skipped tests and shows the last two with their reasons", () => {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-reporter-"));
  using _folder = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
  const file = join(folder, "sample.ts");
  writeFileSync(
    file,
    `import { describe, test } from "node:test";
    test("good", () => {});
    test("bad", () => { throw new Error("the cause"); });
    test("later", { skip: "no such kernel" }, () => {});
    describe("suite", () => { test("inner", () => {}); });
    test("parent", async (t) => { await t.test("child", () => { throw new Error("in the child"); }); });`,
  );
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const totals = join(folder, "totals.json");
  const result = spawnSync(process.execPath, [`--test-reporter=${scripts}/test-reporter.ts`, file], {
    env: { ...env, FAIRLEAD_TEST_TOTALS: totals },
    encoding: "utf8",
  });
  assert.equal(result.status, 1);
  assert.deepEqual(JSON.parse(readFileSync(totals, "utf8")), { passed: 2, failed: 2, skipped: 1 });
  assert.equal(readFileSync(`${totals}.now`, "utf8"), "child");
  assert.match(result.stdout, /✖ bad .*\n {2}Error: the cause/);
  assert.match(result.stdout, /✖ child .*\n {2}Error: in the child/);
  assert.match(result.stdout, /- SKIPPED later .*: no such kernel/);
  assert.doesNotMatch(result.stdout, /good|inner/);
});

test("run-tests refuses a kind it does not know, and a filter that matches nothing", () => {
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [`${scripts}/run-tests.ts`, ...args], { encoding: "utf8" });
  assert.deepEqual(
    [run("nothing").status, run("nothing").stderr],
    [2, "usage: run-tests.ts unit|lab|system|vm [part of a file name]\n"],
  );
  const none = run("unit", "no such file");
  assert.deepEqual([none.status, none.stdout], [1, "✖ no unit test ran\nunit: 0 passed, 1 failed, 0 skipped\n"]);
});
