import assert from "node:assert/strict";
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { mounts } from "../kernel/mounts/mounts.ts";
import { findProgram } from "./run-program.ts";
import { RuntimeLab } from "./testing/lab.ts";
import { requirePidNamespace } from "./testing/pid-namespace.ts";

requirePidNamespace(import.meta.filename);

const nothing = { mounts: [], cgroups: [], processes: [], ids: [], runs: [], exits: [] };

/** A lab whose runc cannot delete, as where no process can be forked, until `recover()`. */
function labWithoutDelete() {
  const lab = new RuntimeLab();
  const bin = join(lab.directory, "bin");
  const mark = join(lab.directory, "no-fork");
  mkdirSync(bin);
  const script = `#!/bin/sh
case "$*" in *" delete "*) [ ! -e ${mark} ] || { echo "fork failed" >&2; exit 1; };; esac
exec ${findProgram("runc", "runc")} "$@"
`;
  writeFileSync(join(bin, "runc"), script, { mode: 0o755 });
  const path = process.env["PATH"];
  process.env["PATH"] = `${bin}:${path}`;
  lab.runtime[Symbol.dispose]();
  lab.runtime = lab.open();
  process.env["PATH"] = path;
  writeFileSync(mark, "");
  return { lab, recover: () => rmSync(mark) };
}

test("a container that runc could not delete is released at the next try, and runs again", async () => {
  const { lab, recover } = labWithoutDelete();
  await using _lab = lab;
  const plan = lab.plan({ args: ["sleep", "1000"] });
  const { id } = plan.container;
  await lab.runtime.create(plan);
  await lab.runtime.start(id);
  await assert.rejects(lab.runtime.release(id), /fork failed/);
  await assert.rejects(lab.runtime.create(plan), /fork failed/, "again, and not for what the first try has removed");
  recover();
  await lab.runtime.create(plan);
  await lab.runtime.start(id);
  await lab.runtime.remove(id);
  assert.deepEqual(lab.traces(), nothing);
});

test("runtime.remove() removes data also when runc fails, and the rest at the next try, of another daemon too", async () => {
  const { lab, recover } = labWithoutDelete();
  await using _lab = lab;
  const id = await lab.start({ args: ["sleep", "1000"] });
  const run = join(lab.execRoot, "containers", id);
  await assert.rejects(lab.runtime.remove(id), /fork failed/);
  assert.deepEqual([existsSync(join(lab.dataRoot, "containers", id)), existsSync(run)], [false, true]);
  rmSync(run, { recursive: true }); // as an earlier release left it
  recover();
  lab.runtime[Symbol.dispose]();
  lab.runtime = lab.open();
  assert.deepEqual(lab.runtime.leftovers(), [id]);
  await lab.runtime.remove(id);
  assert.deepEqual(lab.traces(), nothing);
});

test("runtime.release() removes nothing that is in a file system which is still mounted", async () => {
  await using lab = new RuntimeLab();
  const plan = lab.plan({});
  const { id } = plan.container;
  await lab.runtime.create(plan);
  const merged = join(lab.execRoot, "containers", id, "merged");
  const kept = join(lab.dataRoot, "containers", id, "upper", "kept");
  writeFileSync(join(merged, "kept"), "");
  // On top of the first, as two daemons at a time would leave it.
  const [lower, upper, work] = ["lower", "upper", "work"].map((name) => join(lab.directory, name)) as [
    string,
    string,
    string,
  ];
  for (const directory of [lower, upper, work]) mkdirSync(directory);
  mounts.overlay({ lower: [lower], upper: { directory: upper, work }, target: merged });
  await lab.runtime.release(id);
  assert.deepEqual([existsSync(kept), lab.traces().mounts], [true, []]);
});
