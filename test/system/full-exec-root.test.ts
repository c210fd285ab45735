import assert from "node:assert/strict";
import { after, test } from "node:test";
import { Host } from "../../lab/host.ts";

const host = await Host.create();
after(() => host[Symbol.asyncDispose]());
const { execRoot } = host.roots;
await host.run("mount", "-t", "tmpfs", "-o", "size=16m", "none", execRoot);
await host.startDaemon();

const inspect = (what: string, name: string) => host.fairlead("inspect", "--format", `{{.State.${what}}}`, name);
const states = () => Promise.all(names.map((name) => inspect("Status", name)));
const names = ["first", "second", "third"];

test("LIFE-30 with no room below the exec root ends are told, by a daemon started then, too, and all else runs on", async () => {
  for (const name of names) await host.fairlead("run", "-d", "--name", name, "--rootfs", "host", "sleep", "infinity");
  const second = await inspect("Pid", "second");
  await host.run("sh", "-c", `! head -c 1G /dev/zero 2>/dev/null >>${execRoot}/fill`);
  await host.run("kill", "-9", await inspect("Pid", "first"));
  assert.equal(await host.fairlead("wait", "first"), "255", "conmon had no room for its code");
  assert.deepEqual(await states(), ["exited", "running", "running"]);
  await host.killDaemon();
  await host.run("kill", "-9", second);
  await host.startDaemon();
  assert.deepEqual(await states(), ["exited", "exited", "running"]);
  await host.fairlead("stop", "-t", "0", "third");
  await host.run("rm", `${execRoot}/fill`);
  for (const name of names) await host.fairlead("start", name);
  assert.deepEqual(await states(), ["running", "running", "running"]);
});
