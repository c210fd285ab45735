import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";

const launcher = join(import.meta.dirname, "../../fairlead");
const directory = mkdtempSync(join(tmpdir(), "fairlead cli "));
after(() => rmSync(directory, { recursive: true }));

function run(program: string, args: readonly string[], cwd = directory) {
  const { promise, resolve } = Promise.withResolvers<{ code: unknown; stdout: string; stderr: string }>();
  execFile(program, args, { cwd }, (error, stdout, stderr) => resolve({ code: error?.code ?? 0, stdout, stderr }));
  return promise;
}

test("fairlead runs from any directory and through links to links", async () => {
  symlinkSync(launcher, join(directory, "one"));
  mkdirSync(join(directory, "bin"));
  symlinkSync("../one", join(directory, "bin", "two"));
  for (const [program, cwd] of [
    [launcher, "/"],
    ["./one", directory],
    ["bin/two", directory],
  ] as const) {
    const { code, stdout } = await run(program, ["--version"], cwd);
    assert.deepEqual([code, stdout.replace(/\d+\.\d+\.\d+/, "V")], [0, "fairlead version V\n"]);
  }
});

test("fairlead says in one line what to do before the set-up", async () => {
  const bare = join(directory, "not set up");
  mkdirSync(bare);
  copyFileSync(launcher, join(bare, "fairlead"));
  const { code, stderr } = await run(join(bare, "fairlead"), ["ps"]);
  assert.equal(code, 125);
  assert.match(stderr, /^fairlead: .*not set up yet: run "npm ci" there.*\n$/);
});

test("fairlead gives words with blanks on as they are, and the exit code back", async () => {
  const fake = join(directory, "fake");
  mkdirSync(join(fake, "node_modules/.bin"), { recursive: true });
  copyFileSync(launcher, join(fake, "fairlead"));
  const node = join(fake, "node_modules/.bin/node");
  writeFileSync(node, '#!/bin/sh\nshift 2\nprintf "<%s>" "$@"\nexit 9\n');
  chmodSync(node, 0o755);
  assert.deepEqual(await run(join(fake, "fairlead"), ["run", "a b", "", "*"]), {
    code: 9,
    stdout: "<run><a b><><*>",
    stderr: "",
  });
});

test("fairlead keeps its --env-file from Node, which would read it too", async () => {
  const { stderr } = await run(launcher, ["-H", "unix:///nonexistent", "run", "--env-file", "missing.env", "img"]);
  assert.match(stderr, /^fairlead: ENOENT: .*missing\.env/);
});
