import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { docker, shell, streamsHost } from "./streams-host.ts";

const host = await streamsHost();
after(() => host[Symbol.asyncDispose]());
before(() => docker(host, "run", "-d", "--name", "box", "busybox", "sleep", "1000"));

const said = async (script: string) => (await shell(host, script)).stdout;

test("STR-30 exec -i of a program that closes its input, while more is sent, ends as the program does", async () => {
  const closing = "docker exec -i box sh -c 'exec <&-; sleep 0.3; echo wrote; exit 3'";
  assert.equal(await said(`seq 1000000 | ${closing}; echo code $?`), "wrote\ncode 3\n");
});

test("STR-30 an exec's exit code is that of its program, 128 and the signal's number when one has killed it", async () => {
  const codes = ["exit 0", "exit 255", "kill -TERM $$", "kill -KILL $$", "kill -34 $$"];
  const script = codes.map((code) => `docker exec box sh -c '${code}'; echo $?`).join(";");
  assert.deepEqual((await said(script)).trim().split("\n"), ["0", "255", "143", "137", "162"]);
});

test("STR-30 what a program writes reaches a slow client whole, though the program has ended long before", async () => {
  const sizes = [1, 2, 3, 4, 5, 6, 7, 8].map((each) => each * 100_000);
  const slowly = (size: number) => `docker exec box head -c ${size} /dev/zero | { sleep 5; wc -c; }`;
  const read = await Promise.all(sizes.map((size) => said(slowly(size))));
  assert.deepEqual(read.map(Number), sizes);
});

test("STR-31 an exec is over when its program is, though what it has left running holds its outputs", async () => {
  const id = "docker exec box sh -c 'sleep 500 & echo $!; exit 4'";
  const [pid, code] = (await said(`${id}; echo $?`)).trim().split("\n");
  assert.equal(code, "4");
  assert.equal(await docker(host, "exec", "box", "cat", `/proc/${pid}/comm`), "sleep");
});

test("STR-31 while what an exec has left running still writes, its client reads it", async () => {
  const writing = "docker exec box sh -c 'for i in 1 2 3 4 5 6; do sleep 1; echo $i; done &'";
  assert.equal(await said(writing), "1\n2\n3\n4\n5\n6\n");
});
