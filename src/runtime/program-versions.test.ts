import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { silentLog } from "../base/log.ts";
import { programVersions } from "./program-versions.ts";

/** A program that prints this. */
function program(directory: string, name: string, text: string): string {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\ncat <<'END'\n${text}\nEND\n`);
  chmodSync(path, 0o755);
  return path;
}

const said = [
  ["runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\nspec: 1.0.2-dev", "1.1.5+ds1", "1.1.5+ds1-1+deb12u1"],
  ["runc version 1.2.5\ncommit: v1.2.5-0-g59923ef", "1.2.5", "v1.2.5-0-g59923ef"],
  ["conmon version 2.1.6\ncommit: unknown", "2.1.6", "2.1.6"],
  ["tini version 0.19.0 - git.de40ad0", "0.19.0", "de40ad0"],
  ["what?", "N/A", "N/A"],
] as const;

test("programVersions() reads what runc, conmon and init say, and asks one that was changed again", async () => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-versions-"));
  for (const [index, [text, version, commit]] of said.entries()) {
    const runc = program(directory, `runc${index}`, text);
    const [first] = await programVersions({ runc, conmon: join(directory, "absent") }, silentLog);
    assert.deepEqual(first, { name: "runc", version, commit });
  }
  const [, absent] = await programVersions({ runc: "/nothing", conmon: "/nothing" }, silentLog);
  assert.deepEqual(absent, { name: "conmon", version: "N/A", commit: "N/A" });
  rmSync(directory, { recursive: true });
});

test("programVersions() asks a program again that has failed, and tells the log why", async () => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-versions-"));
  const runc = join(directory, "runc");
  writeFileSync(
    runc,
    `#!/bin/sh\ntest -e ${directory}/works || { echo 'no memory' >&2; exit 1; }\necho runc version 1.2.5\n`,
  );
  chmodSync(runc, 0o755);
  const whys: string[] = [];
  const log = { ...silentLog, debug: (fields: object) => void whys.push(String((fields as { err: Error }).err)) };
  const version = async () => (await programVersions({ runc, conmon: runc }, log))[0]?.version;
  assert.equal(await version(), "N/A");
  assert.match(whys[0] ?? "", /no memory/);
  writeFileSync(join(directory, "works"), "");
  assert.equal(await version(), "1.2.5");
  rmSync(directory, { recursive: true });
});
