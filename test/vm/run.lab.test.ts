import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";

const runner = join(import.meta.dirname, "run.sh");
const run = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  spawnSync(runner, args, { encoding: "utf8", env: { ...process.env, ...env } });

const prepared = run(["-p"]);
const skip = prepared.status === 69 ? prepared.stderr.trim() : false;

/** A folder that is gone at the end. */
function folder(): Disposable & { path: string } {
  const path = mkdtempSync(join(tmpdir(), "fairlead-vm-test-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true }) };
}

test("run.sh gives back output, errors and exit code of the command, and takes variables", { skip }, () => {
  const { stdout, stderr, status } = run([
    "-e",
    "WORD=a 'b'",
    "--",
    "sh",
    "-c",
    'echo "$WORD" "$PWD"; echo no >&2; exit 7',
  ]);
  assert.deepEqual({ stdout, stderr, status }, { stdout: `a 'b' ${process.cwd()}\n`, stderr: "no\n", status: 7 });
});

test("run.sh keeps what is written below a shared folder, and nothing else", { skip }, () => {
  using shared = folder();
  using other = folder();
  const script = `echo kept > ${shared.path}/file && echo lost > ${other.path}/file`;
  assert.equal(run(["-w", shared.path, "--", "sh", "-c", script]).status, 0);
  assert.equal(readFileSync(`${shared.path}/file`, "utf8"), "kept\n");
  assert.equal(existsSync(`${other.path}/file`), false);
});

test("run.sh ends a command that takes too long with 124, and leaves nothing behind", { skip }, () => {
  using temporary = folder();
  const { stderr, status } = run(["-t", "5", "--", "sleep", "1000"], { TMPDIR: temporary.path });
  assert.deepEqual({ status, files: readdirSync(temporary.path) }, { status: 124, files: [] });
  assert.match(stderr, /vm: not done after 5 s, stopped/);
});

test("run.sh says why there is no virtual machine with 69", () => {
  using empty = folder();
  const { stderr, status } = run(["-b", "uml", "-p"], { VMRUN_UML: empty.path });
  assert.deepEqual([status, stderr], [69, `vm: uml: ${empty.path} has no program called linux\n`]);
});
