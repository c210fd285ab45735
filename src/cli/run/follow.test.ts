import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { parseAddress } from "../../client/address.ts";
import { Client } from "../../client/client.ts";
import { ApiError } from "../../client/errors.ts";
import { FakeDaemon } from "../testing/fake-daemon.ts";
import { testTerminal } from "../testing/test-terminal.ts";
import { follow, startFailure } from "./follow.ts";

let daemon: FakeDaemon;
before(async () => {
  daemon = await FakeDaemon.start();
});
after(() => daemon[Symbol.asyncDispose]());

test("follow() passes signals on to the container", async () => {
  const out = testTerminal();
  const client = new Client(parseAddress(daemon.host));
  const sent: string[] = [];
  client.containers.kill = async (_name, signal) => void sent.push(signal ?? "");
  const exitCode = await follow({ client, out, id: "web", removed: false, started: () => out.signal("SIGTERM") });
  out.signal("SIGTERM"); // nobody listens any more
  assert.deepEqual({ exitCode, sent }, { exitCode: 7, sent: ["SIGTERM"] });
});

const reasons: readonly (readonly [message: string, code: number | undefined])[] = [
  ['exec: "nope": executable file not found in $PATH', 127],
  ["stat /nope: no such file or directory", 127],
  ['exec: "/etc": permission denied', 126],
  ["exec format error", 126],
  ["port is already allocated", undefined],
];

for (const [message, code] of reasons) {
  test(`startFailure() gives ${code ?? "no code of its own"} for: ${message}`, () => {
    assert.equal(startFailure(new ApiError(400, message))?.exitCode, code);
  });
}
