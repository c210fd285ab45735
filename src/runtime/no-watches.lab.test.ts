import assert from "node:assert/strict";
import fs, { readdirSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { mock, test } from "node:test";
import { RuntimeLab } from "./testing/lab.ts";
import { requirePidNamespace } from "./testing/pid-namespace.ts";

requirePidNamespace(import.meta.filename);

// watch-path.test.ts has the kernel's own limit; runc cannot work in the user namespace that this takes.
for (const [code, what] of [
  ["EMFILE", "instances"],
  ["ENOSPC", "watches"],
] as const)
  test(`runtime follows, rotates and ends what runs where the host has no inotify ${what} left`, async () => {
    mock.method(fs, "watch", () => {
      throw Object.assign(new Error(`${code}: watch`), { code });
    });
    syncBuiltinESMExports();
    using _watch = { [Symbol.dispose]: restore };
    await using lab = new RuntimeLab();
    const script = "echo one; read word; echo $word; head -c 4000 /dev/zero | tr '\\0' x; read word; exit 3";
    const logConfig = { type: "json-file", options: { "max-size": "1k", "max-file": "3" } };
    const id = await lab.start({ args: ["sh", "-c", script], openStdin: true, logConfig });
    const exit = lab.exitOf(id);
    const heard = lab.output(id, { follow: true });
    const input = lab.runtime.openInput(id);
    assert.ok(input);
    input.on("error", () => undefined); // the container ends
    input.write("two\n");
    while (!readdirSync(join(lab.dataRoot, "containers", id)).includes("log.1")) await new Promise(setImmediate);
    input.write("three\n");
    assert.equal((await exit).exitCode, 3);
    assert.equal(await heard, `one\ntwo\n${"x".repeat(4000)}`);
  });

function restore(): void {
  mock.restoreAll();
  syncBuiltinESMExports();
}
