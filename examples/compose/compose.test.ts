import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { settledProgress } from "../../lab/compose.ts";
import { Console, settled, stepsOf } from "../../lab/console.ts";
import { Host } from "../../lab/host.ts";
import { checkout, lineOf } from "../../lab/process.ts";
import { Shell } from "../../lab/shell.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
const shell = new Shell(host);

before(async () => {
  // The daemon's own defaults, on file systems that nobody else sees.
  await host.run("sh", "-ec", "mount -t tmpfs none /var/lib; mount -t tmpfs none /run; mkdir /run/netns");
  await lineOf(host.spawn([`${checkout}/fairlead`, "daemon"]), /"msg":"ready"/, "the daemon");
});

const steps = stepsOf(join(import.meta.dirname, "README.md"));
const terminal = new Console({
  run: ({ command }) => shell.type(command),
  once: /compose (up|down)|import|rmi|curl/,
  settle: (text) => settled(settledProgress(text)),
});

test("API-9, CLI-2 examples/compose has steps to type", () => {
  assert.ok(steps.length > 10);
});

for (const step of steps)
  test(`API-9, CLI-2 examples/compose/README.md: ${step.command}`, async () => {
    const { seen, told } = await terminal.see(step);
    assert.equal(seen, told);
  });

test("API-9, CLI-2 examples/compose leaves no container and no network", async () => {
  assert.equal(await shell.type("docker ps -aq; docker volume ls -q"), "");
  assert.equal(await shell.type("docker network ls --format '{{.Name}}'"), "bridge\nhost\nnone\n");
});
