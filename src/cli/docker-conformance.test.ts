import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { main } from "./main.ts";
import { commandLines } from "./testing/command-lines.ts";
import { FakeDaemon } from "./testing/fake-daemon.ts";
import { normaliseRequests, type Outcome } from "./testing/normalise.ts";
import { testTerminal } from "./testing/test-terminal.ts";

/** Where we differ on purpose, and why. */
const differences: Readonly<Record<string, string>> = {
  "exec missing ls": "the daemon says so in one request, where docker asks first",
  "stop --time=0 -s INT web": "docker prints that --time is deprecated, on standard output",
  "inspect -f {{.Nope}} web": "docker prints an empty line before it fails",
};

const recorded = JSON.parse(readFileSync(new URL("testdata/docker.json", import.meta.url), "utf8")) as Outcome[];

let daemon: FakeDaemon;
before(async () => {
  daemon = await FakeDaemon.start();
});
after(() => daemon[Symbol.asyncDispose]());

test("docker.json has an outcome for every command line", () => {
  assert.deepEqual(
    recorded.map(({ argv }) => argv),
    commandLines,
  );
});

for (const expected of recorded) {
  const line = expected.argv.join(" ");
  if (differences[line] !== undefined) continue;
  test(`main() asks and prints what docker does: ${line}`, async () => {
    const out = testTerminal({ env: { HOME: "/root" } });
    const exitCode = await main(["-H", daemon.host, ...expected.argv], out);
    const requests = normaliseRequests(daemon.take());
    assert.deepEqual(
      { requests, stdout: out.written.stdout, exitCode },
      { requests: expected.requests, stdout: expected.stdout, exitCode: expected.exitCode },
      out.written.stderr,
    );
  });
}
