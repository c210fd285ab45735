import assert from "node:assert/strict";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { RuntimeLab } from "./testing/lab.ts";
import { requirePidNamespace } from "./testing/pid-namespace.ts";

requirePidNamespace(import.meta.filename);

const nothing = { mounts: [], cgroups: [], processes: [], ids: [], runs: [], exits: [] };
const bootFile = (lab: RuntimeLab): string => join(lab.execRoot, "boot-id");

const wrong = [
  { what: "is gone", spoil: rmSync },
  { what: "is another boot's", spoil: (file: string) => writeFileSync(file, "an earlier boot") },
  { what: "is empty", spoil: (file: string) => writeFileSync(file, "") },
];

for (const { what, spoil } of wrong) {
  test(`runtime takes up what runs or is mounted when boot-id ${what}, and deletes nothing of it`, async () => {
    await using lab = new RuntimeLab();
    const { id: ended } = await lab.run({ args: ["sh", "-c", "echo precious >/root/kept; exit 4"] });
    const id = await lab.start({ args: ["sh", "-c", "echo precious >/root/kept; echo done; sleep 1000"] });
    for await (const said of lab.runtime.logs(id, { follow: true, stdout: true, stderr: true }))
      if (said.length > 0) break;
    const pids = await lab.runtime.running();
    const bootId = readFileSync(bootFile(lab), "utf8");
    lab.runtime[Symbol.dispose]();
    spoil(bootFile(lab));
    lab.runtime = lab.open();
    assert.deepEqual([...pids.keys(), await lab.runtime.running()], [id, pids]);
    assert.equal(lab.runtime.exitOf(ended)?.exitCode, 4);
    const files = [ended, id].map((one) => join(lab.dataRoot, "containers", one, "upper/root/kept"));
    assert.deepEqual(
      files.map((file) => existsSync(file)),
      [true, true],
    );
    assert.equal(readFileSync(bootFile(lab), "utf8"), bootId);
    for (const one of [ended, id]) await lab.runtime.remove(one);
    assert.deepEqual(lab.traces(), nothing);
  });
}

test("runtime takes up a container without any mount when boot-id is gone", async () => {
  await using lab = new RuntimeLab();
  const root = join(lab.directory, "root");
  mkdirSync(root);
  const names = ["bin", "sbin", "lib", "lib64", "usr"].map((name) => `/${name}`).filter((path) => existsSync(path));
  const mounts = names.map(
    (path) => ({ type: "bind", source: path, target: path, readOnly: true, options: [] }) as const,
  );
  const plan = lab.plan({ args: ["sleep", "1000"], rootfs: { kind: "directory", path: root }, mounts });
  const { id } = plan.container;
  mkdirSync(join(lab.dataRoot, "containers", id)); // as the engine does, for its files
  await lab.runtime.create(plan);
  await lab.runtime.start(id);
  lab.runtime[Symbol.dispose]();
  rmSync(bootFile(lab));
  lab.runtime = lab.open();
  assert.deepEqual([...(await lab.runtime.running()).keys()], [id]);
});

test("runtime forgets an earlier boot whose records a loss of power has cut off", async () => {
  await using lab = new RuntimeLab();
  lab.runtime[Symbol.dispose]();
  const record = join(lab.execRoot, "runc", "0".repeat(64));
  mkdirSync(record, { recursive: true });
  writeFileSync(join(record, "state.json"), "");
  writeFileSync(bootFile(lab), "an earlier boot");
  lab.runtime = lab.open();
  assert.deepEqual([existsSync(record), lab.runtime.leftovers()], [false, []]);
});
