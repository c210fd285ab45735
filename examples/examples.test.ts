import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { globSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { Layout } from "../src/runtime/layout.ts";

const run = promisify(execFile);
const here = import.meta.dirname;

/** What an example must leave as it found it. */
async function traces(): Promise<unknown> {
  const text = async (command: string, ...args: string[]) => (await run(command, args)).stdout;
  return {
    links: await text("ip", "-br", "addr"),
    routes:
      (await text("ip", "route", "show", "table", "all")) + (await text("ip", "-6", "route", "show", "table", "all")),
    ruleset: await text("nft", "list", "ruleset"),
    forwarding: await text("sysctl", "net.ipv4.ip_forward", "net.ipv6.conf.all.forwarding"),
    mounts: readFileSync("/proc/self/mounts", "utf8"),
    files: readdirSync("/tmp").filter((name) => name.startsWith("fairlead-example-")),
  };
}

/** Control groups of the daemon that an example says to have started. Control groups are the machine's, other daemons' are beside. */
function cgroups(said: string): string[] {
  const [, root = ""] = /roots of its own in ([^,]+),/.exec(said) ?? [];
  assert.notEqual(root, "");
  const { cgroupParent } = new Layout(`${root}/data`, `${root}/run`);
  return globSync(`/sys/fs/cgroup/{.,*}/${cgroupParent}`);
}

const examples = [
  { name: "composetest", says: [/visit number 3/, /172\.18\.0\.2\s+redis/, /5000\/tcp -> 0\.0\.0\.0:8000/] },
  { name: "flask-mysql", says: [/"name":"Ada"/, /after a restart of the database[^\n]*\n\[\{"id":1/] },
];

for (const { name, says } of examples) {
  test(`API-9 example ${name} does what its README shows and leaves nothing behind`, async () => {
    const before = await traces();
    const { stdout } = await run(process.execPath, [join(here, name, "run.ts")], { timeout: 120_000 });
    for (const pattern of says) assert.match(stdout, pattern);
    assert.deepEqual(await traces(), before);
    assert.deepEqual(cgroups(stdout), []);
  });
}

test("API-9 an example that is told to end half-way cleans up", async () => {
  const before = await traces();
  const child = spawn(process.execPath, [join(here, "composetest/run.ts")], { stdio: ["ignore", "pipe", "inherit"] });
  let said = "";
  const toldAt = Promise.withResolvers<void>();
  child.stdout.on("data", (chunk: Buffer) => {
    said += chunk.toString();
    if (/run -d .*redis/.test(said)) toldAt.resolve();
  });
  void toldAt.promise.then(() => child.kill("SIGTERM"));
  const ended = await once(child, "exit");
  assert.deepEqual(ended, [0, null]);
  assert.match(said, /Everything is gone again/);
  assert.deepEqual(await traces(), before);
  assert.deepEqual(cgroups(said), []);
});

for (const { name } of examples) {
  test(`API-9 README of example ${name} shows the commands that the example runs`, async () => {
    const shown = readFileSync(join(here, name, "README.md"), "utf8");
    const source = readFileSync(join(here, name, "run.ts"), "utf8");
    const containers = [...source.matchAll(/"--name", "(\w+)"/g)].map(([, container]) => container);
    assert.ok(containers.length > 0);
    for (const container of containers) assert.match(shown, new RegExp(`fairlead run -d --name ${container} `));
  });
}
