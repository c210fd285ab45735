import assert from "node:assert/strict";
import { cpSync, globSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { checkLayers } from "../../scripts/layers.ts";

const root = join(import.meta.dirname, "../..");

/** The findings in a project that has just these files. */
function findingsIn(files: Readonly<Record<string, string>>): string[] {
  const project = mkdtempSync(join(tmpdir(), "fairlead-layers-"));
  using _project = { [Symbol.dispose]: () => rmSync(project, { recursive: true }) };
  cpSync(join(root, "tsconfig.json"), join(project, "tsconfig.json"));
  mkdirSync(join(project, "src"));
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(project, path)), { recursive: true });
    writeFileSync(join(project, path), text);
  }
  return checkLayers(project);
}

const leaf = "export const leaf = 1;\n";

const cases = [
  {
    name: "imports that point down",
    files: { "src/base/a.ts": leaf, "src/engine/b.ts": 'export { leaf } from "../base/a.ts";\n' },
    findings: [],
  },
  {
    name: "an import that points up",
    files: { "src/engine/a.ts": leaf, "src/base/b.ts": 'export { leaf } from "../engine/a.ts";\n' },
    findings: ["src/base/b.ts -> src/engine/a.ts: base-imports-down-only"],
  },
  {
    name: "an import of a type that points up",
    files: {
      "src/engine/a.ts": "export type Leaf = 1;\n",
      "src/ipam/b.ts": 'export type { Leaf } from "../engine/a.ts";\n',
    },
    findings: ["src/ipam/b.ts -> src/engine/a.ts: ipam-imports-down-only"],
  },
  {
    name: "a driver that imports its sibling",
    files: { "src/drivers/one/a.ts": leaf, "src/drivers/two/b.ts": 'export { leaf } from "../one/a.ts";\n' },
    findings: ["src/drivers/two/b.ts -> src/drivers/one/a.ts: no-sibling-driver"],
  },
  {
    name: "a test that reaches across, and its own parts",
    files: {
      "src/engine/a.ts": leaf,
      "src/ipam/testing/b.ts": 'export { leaf } from "../../engine/a.ts";\n',
      "src/ipam/c.test.ts": 'export { leaf } from "./testing/b.ts";\n',
    },
    findings: [],
  },
  {
    name: "code that imports what is for tests",
    files: { "src/ipam/testing/a.ts": leaf, "src/ipam/b.ts": 'export { leaf } from "./testing/a.ts";\n' },
    findings: ["src/ipam/b.ts -> src/ipam/testing/a.ts: testing-is-for-tests"],
  },
  {
    name: "the FFI package outside its folder",
    files: {
      "src/kernel/a.ts": 'export { load } from "koffi";\n',
      "node_modules/koffi/index.js": "exports.load = 1;\n",
      "node_modules/koffi/package.json": '{"name":"koffi","main":"index.js"}',
    },
    findings: ["src/kernel/a.ts -> node_modules/koffi/index.js: ffi-in-one-folder"],
  },
  {
    name: "a cycle",
    files: {
      "src/base/a.ts": 'import { b } from "./b.ts";\nexport const a = (): number => b();\n',
      "src/base/b.ts": 'import { a } from "./a.ts";\nexport const b = (): number => a();\n',
    },
    findings: ["src/base/a.ts -> src/base/b.ts: no-cycles"],
  },
];

for (const { name, files, findings } of cases) {
  test(`checkLayers() ${findings.length > 0 ? "reports" : "accepts"} ${name}`, () => {
    assert.deepEqual(findingsIn(files).sort(), findings);
  });
}

test("checkLayers() fails when there is nothing to see", () => {
  assert.throws(() => findingsIn({}), /Cannot check layers/);
});

test(".dependency-cruiser.cjs has a row for every folder of src but main", () => {
  const config = createRequire(import.meta.url)(join(root, ".dependency-cruiser.cjs")) as {
    forbidden: { name: string }[];
  };
  const rules = config.forbidden.map(({ name }) => name);
  const folders = globSync("src/*/", { cwd: root }).map((folder) => folder.slice(4));
  const known = folders.filter((folder) => rules.includes(`${folder}-imports-down-only`) || folder === "main");
  assert.ok(folders.length > 10);
  assert.deepEqual(known, folders);
});
