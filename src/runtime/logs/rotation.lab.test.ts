import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { RuntimeLab } from "../testing/lab.ts";
import { requirePidNamespace } from "../testing/pid-namespace.ts";

requirePidNamespace(import.meta.filename);

const lines = (count: number) => Array.from({ length: count }, (_, index) => `${index + 1}\n`).join("");
const limited = (options: Record<string, string>) => ({ logConfig: { type: "json-file", options } });

/** Writes numbered lines for so long that its log is begun anew several times. */
const count = 60_000;
const step = count / 8;
const writer = ["sh", "-c", `for i in 0 1 2 3 4 5 6 7; do seq $((i*${step}+1)) $(((i+1)*${step})); sleep 0.3; done`];

function logFilesOf(lab: RuntimeLab, id: string): string[] {
  return readdirSync(join(lab.dataRoot, "containers", id))
    .filter((name) => name.startsWith("log"))
    .sort();
}

test("a log with max-size and max-file is begun anew, and followed and read across its files", async () => {
  await using lab = new RuntimeLab();
  const id = await lab.start({ args: writer, ...limited({ "max-size": "64k", "max-file": "3" }) });
  const followed = lab.output(id, { follow: true });
  assert.equal(await followed, lines(count), "a follower misses nothing");
  assert.deepEqual(logFilesOf(lab, id), ["log", "log.1", "log.2"]);
  const kept = await lab.output(id);
  assert.ok(lines(count).endsWith(kept) && kept.length > 0 && kept.length < lines(count).length, "the end is kept");
  const tail = Number(kept.split("\n").length) - 3;
  assert.equal(
    await lab.output(id, { tail }),
    kept
      .split("\n")
      .slice(-tail - 1)
      .join("\n"),
  );
});

test("a log of the driver none is short, is still delivered, and goes with the run", async () => {
  await using lab = new RuntimeLab();
  const plan = lab.plan({
    args: ["sh", "-c", "seq 1 400000; sleep 0.2; echo end"],
    logConfig: { type: "none", options: {} },
  });
  const { id } = plan.container;
  using tap = lab.runtime.tap(id, { past: false });
  await lab.runtime.create(plan);
  const exit = lab.exitOf(id);
  await lab.runtime.start(id);
  let text = "";
  const wanted = { stdout: true, stderr: true, follow: true, signal: new AbortController().signal };
  for await (const chunks of tap.follow(wanted)) for (const { bytes } of chunks) text += Buffer.from(bytes).toString();
  assert.equal(text, `${lines(400_000)}end\n`);
  await exit;
  assert.ok(statSync(join(lab.dataRoot, "containers", id, "log")).size < 20 << 20);
  await lab.runtime.release(id);
  assert.deepEqual(logFilesOf(lab, id), []);
});

test("a new daemon goes on with a log's limits, and finishes what the old one had begun", async () => {
  await using lab = new RuntimeLab();
  const id = await lab.start({
    args: ["sh", "-c", "seq 1 20000; sleep 0.5; seq 20001 40000; sleep 0.3"],
    ...limited({ "max-size": "64k", "max-file": "40" }),
  });
  lab.runtime[Symbol.dispose]();
  lab.runtime = lab.open();
  assert.equal(await lab.output(id, { follow: true }), lines(40_000));
  assert.ok(logFilesOf(lab, id).length > 2);
});
