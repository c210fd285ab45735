import assert from "node:assert/strict";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Console, stepsOf } from "../../lab/console.ts";
import { Host } from "../../lab/host.ts";
import { checkout, lineOf } from "../../lab/process.ts";
import { Shell } from "../../lab/shell.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());

const shell = new Shell(host);
const steps = stepsOf(join(checkout, "README.md"));
const terminal = new Console({
  run: ({ command }) => shell.type(command),
  once: /network (create|connect)|run -d|port add|reset|nft flush|lab (up|down|cut|mend)|docker (import|kill|start|rm)/,
});

before(async () => {
  // The daemon's own defaults, on file systems that nobody else sees.
  await host.run("sh", "-ec", "mount -t tmpfs none /var/lib; mount -t tmpfs none /run; mkdir /run/netns");
  await lineOf(host.spawn([`${checkout}/fairlead`, "daemon"]), /"msg":"ready"/, "the daemon");
});

test("API-11 README.md has a tour", () => {
  assert.ok(steps.length > 15);
});

for (const step of steps) {
  test(`API-11 the tour in README.md: ${step.command}`, async () => {
    const { seen, told } = await terminal.see(step);
    assert.equal(seen, told);
  });
}

test("API-11 the tour leaves the host as it was", async () => {
  const links = await host.json("ip", "-j", "link");
  assert.deepEqual(
    links.map(({ ["ifname"]: name }) => name),
    ["lo"],
  );
  assert.equal(await host.run("nft", "list", "ruleset"), "");
});
