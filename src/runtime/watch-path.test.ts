import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import fs, { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { type Log, silentLog } from "../base/log.ts";
import { watchOrPoll } from "./watch-path.ts";

/** What of inotify's a user namespace of its own may use, and what the kernel says then. */
const limits = [
  { sysctl: "max_inotify_instances", code: "EMFILE" },
  { sysctl: "max_inotify_watches", code: "ENOSPC" },
];
const program = `
  import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
  import { watchOrPoll } from "${join(import.meta.dirname, "watch-path.ts")}";
  const folder = mkdtempSync("${tmpdir()}/fairlead-");
  const said = [];
  const watch = watchOrPoll({ warn: ({ err }, message) => said.push(err.code, message) });
  const keep = setInterval(() => {}, 10_000); // as the daemon's sockets do
  for (let number = 0; number < 2; number += 1) {
    const { promise, resolve } = Promise.withResolvers();
    using watched = watch(folder, resolve);
    writeFileSync(folder + "/file", "");
    await promise;
  }
  let missing;
  try {
    watch(folder + "/missing", () => {});
  } catch ({ code }) {
    missing = code;
  }
  rmSync(folder, { recursive: true });
  clearInterval(keep);
  console.log(JSON.stringify({ said, missing }));
`;
const inNamespace = (script: string, ...args: string[]) =>
  spawnSync("unshare", ["--user", "--map-root-user", "sh", "-c", script, "sh", ...args], { encoding: "utf8" });

for (const { sysctl, code } of limits)
  test(`watch() looks at a path by the clock where ${sysctl} is reached, and warns once, with the remedy`, (t) => {
    const path = `/proc/sys/user/${sysctl}`;
    const probe = inNamespace(`echo 0 >${path}`);
    if (probe.status !== 0) return t.skip(`no user namespace with limits of its own: ${probe.stderr}`);
    const { stdout, stderr } = inNamespace(
      `echo 0 >${path}; exec "$@"`,
      process.execPath,
      "--input-type=module",
      "-e",
      program,
    );
    assert.equal(stderr, "");
    const { said, missing } = JSON.parse(stdout) as { said: string[]; missing: string };
    assert.deepEqual({ missing, code: said[0], warnings: said.length / 2 }, { missing: "ENOENT", code, warnings: 1 });
    assert.match(said[1] ?? "", /fs\.inotify\.max_user_watches and fs\.inotify\.max_user_instances/);
  });

test("watch() looks by the clock at what could be watched at first, and says why", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "fairlead-"));
  using _folder = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
  const original = t.mock.method(fs, "watch");
  syncBuiltinESMExports();
  t.after(syncBuiltinESMExports);
  const said: string[] = [];
  const log: Log = { ...silentLog, error: (_fields, message) => said.push(message) };
  const names = Promise.withResolvers<string | undefined>();
  using _watched = watchOrPoll(log)(folder, (name) => names.resolve(name));
  const watcher = original.mock.calls[0]?.result;
  assert.ok(watcher);
  watcher.close(); // as Node does before it tells
  watcher.emit("error", Object.assign(new Error("EIO: i/o error, watch"), { code: "EIO" }));
  writeFileSync(join(folder, "file"), "");
  assert.equal(await names.promise, undefined);
  assert.deepEqual(said, ["cannot watch a path; looking at it every 0.2 s"]);
});
