import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { parseAddress } from "../../client/address.ts";
import { Client } from "../../client/client.ts";
import { FakeDaemon } from "../testing/fake-daemon.ts";
import { complete } from "./complete.ts";

let daemon: FakeDaemon;
before(async () => {
  daemon = await FakeDaemon.start();
});
after(() => daemon[Symbol.asyncDispose]());

const cases: readonly (readonly [line: string, offered: readonly string[]])[] = [
  ["netw", ["network"]],
  ["network dis", ["disconnect"]],
  ["network rm ", ["bridge", "back-end"]],
  ["network rm ba", ["back-end"]],
  ["network connect back-end ", ["web", "db"]],
  ["network connect --ip", ["--ip", "--ip6"]],
  ["network ls --format ", []],
  ["run --network ", ["bridge", "back-end"]],
  ["run --net b", ["bridge", "back-end"]],
  ["run -d --name x ", ["debian:12", "base:latest"]],
  ["run img ", [":files"]],
  ["run --env-file ", [":files"]],
  ["exec w", ["web"]],
  ["exec web ", [":files"]],
  ["stop ", ["web"]],
  ["rm web d", ["db"]],
  ["port ", ["add", "remove", "rm", "web"]],
  ["-H unix:///x network rm br", ["bridge"]],
  ["inspect --type n", ["network"]],
  ["completion ", ["bash", "zsh", "fish"]],
  ["host ", ["drain", "inspect", "list", "ls", "remove", "rm"]],
  ["host rm ", ["box", "crate"]],
  ["host inspect box c", ["crate"]],
  ["host drain --", ["--off", "--help"]],
  ["host drain --off b", ["box"]],
  ["host drain box ", []],
  ["cluster ", ["rotate-key", "status"]],
  ["cluster status --format ", []],
  ["nonsense ", []],
];

for (const [line, offered] of cases) {
  test(`complete() offers ${offered.join(", ") || "nothing"} after "${line}"`, async () => {
    const found = await complete(line.split(" "), new Client(parseAddress(daemon.host)));
    assert.deepEqual(
      found.map((one) => one.split("\t")[0]),
      offered,
    );
  });
}

test("complete() knows every top-level word", async () => {
  const found = await complete([""], new Client(parseAddress(daemon.host)));
  for (const word of ["run", "network", "daemon", "port", "images", "system"]) assert.ok(found.includes(word), word);
});
