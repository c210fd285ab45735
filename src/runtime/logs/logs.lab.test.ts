import assert from "node:assert/strict";
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { LogEntry } from "../../contracts/runtime.ts";
import { RuntimeLab } from "../testing/lab.ts";
import { requirePidNamespace } from "../testing/pid-namespace.ts";

requirePidNamespace(import.meta.filename);

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString();
const follow = { follow: true, stdout: true, stderr: true };

/** A script that waits until the test makes a file in the shared directory. */
function gated(lab: RuntimeLab, script: string) {
  const gate = join(lab.directory, "gate");
  mkdirSync(gate, { recursive: true });
  const mount = { type: "bind", source: gate, target: "/gate", readOnly: true, options: [] } as const;
  const config = {
    mounts: [mount],
    args: ["sh", "-c", `wait_for() { until [ -e /gate/$1 ]; do sleep 0.02; done; }; ${script}`],
  };
  return { config, open: (name: string) => writeFileSync(join(gate, name), "") };
}

test("runtime.logs() follows to the end of the container, for several readers, with nothing lost", async () => {
  await using lab = new RuntimeLab();
  const { config, open } = gated(lab, "echo first; wait_for go; seq 1 20000; printf last");
  const id = await lab.start(config);
  const readers = Array.from({ length: 3 }, () => lab.output(id, { follow: true }));
  open("go");
  const numbers = Array.from({ length: 20000 }, (_, index) => `${index + 1}\n`).join("");
  for (const output of await Promise.all(readers)) assert.equal(output, `first\n${numbers}last`);
});

test("runtime.logs() hands on a question that ends without a newline while it waits", async () => {
  await using lab = new RuntimeLab();
  const { config, open } = gated(lab, "printf 'name? '; wait_for go; echo thanks");
  const heard: string[] = [];
  for await (const [entry] of lab.runtime.logs(await lab.start(config), follow)) {
    const { bytes } = entry as LogEntry;
    heard.push(text(bytes));
    if (heard.length === 1) open("go");
  }
  assert.deepEqual(heard, ["name? ", "thanks\n"]);
});

test("runtime.logs() stops following when its reader goes", async () => {
  await using lab = new RuntimeLab();
  const id = await lab.start({ args: ["sh", "-c", "echo once; sleep 1000"] });
  const controller = new AbortController();
  for await (const [entry] of lab.runtime.logs(id, { ...follow, signal: controller.signal })) {
    assert.equal(text((entry as LogEntry).bytes), "once\n");
    controller.abort();
  }
});

test("runtime.logs() stops following a container that is released while it runs", async () => {
  await using lab = new RuntimeLab();
  const id = await lab.start({ args: ["sh", "-c", "echo once; sleep 1000"] });
  const { promise: released, resolve } = Promise.withResolvers<void>();
  for await (const [entry] of lab.runtime.logs(id, follow)) {
    assert.equal(text((entry as LogEntry).bytes), "once\n");
    setImmediate(() => resolve(lab.runtime.release(id)));
  }
  await released; // the lab's end releases it too, and two at once are not for the engine to happen
});

test("runtime.logs() follows until the time asked for", async () => {
  await using lab = new RuntimeLab();
  const id = await lab.start({ args: ["sleep", "1000"] });
  assert.equal(await lab.output(id, { follow: true, until: Date.now() / 1000 }), "");
});

test("runtime.logs() picks streams, last lines and times", async () => {
  await using lab = new RuntimeLab();
  const script = "for i in 1 2 3; do echo out$i; sleep 0.02; echo err$i >&2; sleep 0.02; done";
  const { id } = await lab.run({ args: ["sh", "-c", script] });
  assert.equal(await lab.output(id, { stderr: false }), "out1\nout2\nout3\n");
  assert.equal(await lab.output(id, { tail: 2 }), "out3\nerr3\n");
  assert.equal(await lab.output(id, { tail: 2, stdout: false }), "err2\nerr3\n");
  assert.equal(await lab.output(id, { tail: 0 }), "");
  assert.equal(await lab.output(id, { tail: 99 }), "out1\nerr1\nout2\nerr2\nout3\nerr3\n");
  const [, , third, , fifth] = await lab.entries(id);
  assert.ok(third && fifth);
  const seconds = (time: string): number => Date.parse(time) / 1000;
  assert.equal(await lab.output(id, { since: seconds(third.time), until: seconds(fifth.time) }), "out2\nerr2\n");
});

test("runtime.logs() keeps binary output and lines longer than conmon's buffer", async () => {
  await using lab = new RuntimeLab();
  const script = "head -c 30000 /dev/zero; echo; printf '\\377\\000\\n'";
  const { id } = await lab.run({ args: ["sh", "-c", script] });
  const entries = (await lab.entries(id)).map(({ bytes }) => Buffer.from(bytes));
  assert.deepEqual(entries, [Buffer.concat([Buffer.alloc(30000), Buffer.from("\n")]), Buffer.from([255, 0, 10])]);
  assert.equal((await lab.entries(id, { tail: 2 })).length, 2);
});

test("runtime.logs() of a container that was never started is empty", async () => {
  await using lab = new RuntimeLab();
  assert.equal(await lab.output("0".repeat(64), { follow: true }), "");
});
