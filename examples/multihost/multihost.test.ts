import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Console, settled, stepsOf } from "../../lab/console.ts";
import { parseConfig } from "../../src/main/config-file.ts";
import { lacks, Machines, prompts } from "./machines.ts";

const readme = join(import.meta.dirname, "README.md");
const steps = stepsOf(readme, prompts);

/** Beside ids and times: round trips, versions of etcd, revisions of a store that others write to as well. */
const settle = (text: string): string =>
  settled(text)
    .replaceAll(/\d+(\.\d+)? ms|time \d+ms|mdev = [\d./]+/g, "N ms")
    .replaceAll(/etcd \d+\.\d+\.\d+/g, "etcd VERSION")
    .replaceAll(/(Revision( seen)?:) \d+(, \d+ behind)?/g, "$1 N")
    .replaceAll(/^\[\d+\] \d+$/gm, "[JOB]");

let machines: Machines;
before(async () => {
  if (!lacks) machines = await Machines.create();
});
after(() => machines?.[Symbol.asyncDispose]());

const terminal = new Console({
  run: (step) => machines.type(step),
  once: /network (create|connect|disconnect|rm)|run -d|fairlead (daemon|rm)|kill |etcd -|openssl|etcdctl|host drain|reset/,
  settle,
});

test("API-12 examples/multihost/README.md is a way from machines to an overlay", () => {
  assert.ok(steps.length > 30);
});

for (const step of steps)
  test(`API-12 examples/multihost/README.md: ${step.machine}# ${step.command}`, { skip: lacks }, async () => {
    const { seen, told } = await terminal.see(step);
    assert.equal(seen, told);
  });

test("API-12 the configuration files in examples/multihost/README.md are taken", () => {
  const files = [...readFileSync(readme, "utf8").matchAll(/```json\n(.*?)```/gs)].map(([, text = ""]) => text);
  assert.ok(files.length > 0);
  for (const text of files) assert.ok(parseConfig("/etc/fairlead/daemon.json", text).has("cluster"));
});
