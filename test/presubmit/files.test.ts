import assert from "node:assert/strict";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { test } from "node:test";

const root = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const sources = globSync("{src,lab,test,bench,examples,scripts}/**/*.ts", { cwd: root });

test("src has no file over 400 lines", () => {
  const long = sources.filter((file) => file.startsWith("src/") && read(file).split("\n").length > 401);
  assert.ok(sources.length > 100);
  assert.deepEqual(long, []);
});

test("no file or folder has a name that says nothing", () => {
  const empty = /^(utils?|helpers?|common|misc|managers?)$/;
  const parts = (file: string): string[] => [...file.split("/").slice(0, -1), basename(file, ".ts")];
  assert.deepEqual(
    sources.filter((file) => parts(file).some((part) => empty.test(part))),
    [],
  );
});

test("no test is left as the only one to run", () => {
  const only = new RegExp(`\\b(test|it|describe|suite)[.]${"only"}\\(|\\b${"only"}: true`);
  assert.deepEqual(
    sources.filter((file) => file.endsWith(".test.ts") && only.test(read(file))),
    [],
  );
});

test("src/main/drivers.ts lists every driver folder", () => {
  const folders = globSync("src/drivers/*/", { cwd: root }).map((folder) => basename(folder));
  const listed = [...read("src/main/drivers.ts").matchAll(/from "[.][.]\/drivers\/([^/]+)\/index[.]ts"/g)].map(
    ([, name]) => name,
  );
  assert.ok(folders.length >= 3);
  assert.deepEqual(listed.sort(), folders.sort());
});

test("package-lock.json says nothing of the registry it was made with", () => {
  const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, { resolved?: string }> };
  assert.ok(Object.keys(lock.packages).length > 50);
  assert.deepEqual(
    Object.values(lock.packages).filter(({ resolved }) => resolved !== undefined),
    [],
  );
});

test("package-lock.json has the packages of every platform, which npm ci insists on", () => {
  const lock = JSON.parse(read("package-lock.json")) as { packages: Record<string, { optionalDependencies?: object }> };
  const optional = Object.values(lock.packages).flatMap((entry) => Object.keys(entry.optionalDependencies ?? {}));
  // npm install forgets those that a registry of few platforms does not have (npm/cli, optional dependencies).
  assert.deepEqual(
    optional.filter((name) => !Object.hasOwn(lock.packages, `node_modules/${name}`)),
    [],
  );
});

test("README.md has the two commands, the tour, the comparison and where to go next", () => {
  const text = read("README.md");
  for (const expected of [/npm start/, /npm test/, /^## .*tour/im, /^## .*differ/im, /^## .*next/im])
    assert.match(text, expected);
});

test(".ci/run runs what README.md tells the reader to run", () => {
  assert.match(read(".ci/run"), /exec npm test$/m);
});
