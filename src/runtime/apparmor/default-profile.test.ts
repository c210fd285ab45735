import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { allBut, defaultProfile } from "./default-profile.ts";

test("allBut() covers every path that leaves the one that is kept, and nothing below it", () => {
  const patterns = allBut("/sys/", "fs/cgroup/");
  const covers = (path: string) =>
    patterns.some((pattern) => new RegExp(`^${pattern.replace("**", ".*")}$`).test(path));
  for (const path of ["/sys/kernel/mm/x", "/sys/fs/bpf/x", "/sys/fs/cgroups/x", "/sys/f/x", "/sys/block/sda"])
    assert.equal(covers(path), true, path);
  for (const path of ["/sys/fs/cgroup/memory/x", "/sys/fs/cgroup/x"]) assert.equal(covers(path), false, path);
});

const parser = spawnSync("apparmor_parser", ["--version"]).error === undefined;
const skip = parser ? false : "needs apparmor_parser: apt-get install apparmor";
for (const hasBase of [true, false]) {
  test(`CONF-11 the profile is one for apparmor_parser, with${hasBase ? "" : "out"} the host's shared rules`, {
    skip,
  }, () => {
    const folder = mkdtempSync(join(tmpdir(), "fairlead-apparmor-"));
    using _folder = { [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
    const file = join(folder, "profile");
    writeFileSync(file, defaultProfile({ daemon: 'a "daemon"', hasBase }));
    const { status, stderr } = spawnSync("apparmor_parser", ["--skip-kernel-load", "--skip-cache", file], {
      encoding: "utf8",
    });
    assert.deepEqual({ status, stderr: stderr.replaceAll(/^(Warning|Cache).*\n/gm, "") }, { status: 0, stderr: "" });
  });
}
