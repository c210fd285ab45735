import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, afterEach, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { clear } from "../../../lab/api.ts";
import { docker, shell, streamsHost } from "./streams-host.ts";

const host = await streamsHost();
after(() => host[Symbol.asyncDispose]());
afterEach(() => clear(host));

const inside = readFileSync(host.pathOf(`${host.folder}/pid`), "utf8").trim();
const ofDaemon = (path: string) => readFileSync(host.pathOf(`/proc/${inside}/${path}`), "utf8");
const rssMb = (): number => Number(/VmRSS:\s+(\d+) kB/.exec(ofDaemon("status"))?.[1]) / 1024;

/** 100 MiB that no compression and no repetition helps with, and the command that says whether they arrived. */
const big = `${host.folder}/big`;
await host.run("sh", "-c", `head -c 104857600 /dev/urandom > ${big}`);
const sum = (await host.run("sh", "-c", `sha256sum < ${big}`)).trim();

test("STR-13 100 MB pass through run -i and exec -i bit for bit", async () => {
  await docker(host, "run", "-d", "--name", "box", "busybox", "sleep", "1000");
  for (const command of ["docker run -i --rm busybox cat", "docker exec -i box cat"]) {
    const { code, stdout } = await shell(host, `${command} < ${big} | sha256sum`);
    assert.deepEqual([code, stdout.trim()], [0, sum], command);
  }
  const { stdout } = await shell(host, `docker run -i --rm --log-driver none busybox cat < ${big} | sha256sum`);
  assert.equal(stdout.trim(), sum, "without a log, too");
});

test("STR-14 logs -f of a container that writes as fast as it can does not make the daemon grow", async () => {
  const writer = `i=0; while [ $i -lt 30 ]; do cat /dev/zero | head -c 10485760 | tr '\\000' 'x' | fold -w 99; i=$((i+1)); done`;
  await docker(
    host,
    "run",
    "-d",
    "--name",
    "flood",
    "--log-opt",
    "max-size=8m",
    "--log-opt",
    "max-file=2",
    "busybox",
    "sh",
    "-c",
    writer,
  );
  const before = rssMb();
  // One reader keeps up, one reads a little now and then, one has stopped.
  const quick = shell(host, "docker logs -f flood | wc -c");
  const slow = shell(host, "docker logs -f flood | (for i in $(seq 20); do sleep 0.2; head -c 65536; done) | wc -c");
  const stopped = shell(host, "docker logs -f flood | (sleep 8; head -c 1) | wc -c");
  const seen: number[] = [];
  let over = false;
  const watching = (async () => {
    for (; !over; await delay(100)) seen.push(rssMb());
  })();
  assert.equal(await docker(host, "wait", "flood"), "0");
  await Promise.all([quick, slow, stopped]);
  over = true;
  await watching;
  const most = Math.max(...seen) - before;
  assert.ok(most < 150, `the daemon grew by ${most} MB`);
});

test("LIFE-16 a health check that writes much does not make the daemon grow", async () => {
  const before = rssMb();
  const check = ["--health-cmd", "head -c 500000000 /dev/zero", "--health-interval", "1s"];
  await docker(host, "run", "-d", "--name", "loud", ...check, "busybox", "sleep", "1000");
  // Healthy is said once all has been read.
  await shell(host, "until docker inspect -f '{{.State.Health.Status}}' loud | grep -qx healthy; do sleep 0.2; done");
  const grown = rssMb() - before;
  assert.ok(grown < 150, `the daemon grew by ${grown} MB`);
});

test("STR-15 50 containers started at once all run, and each says its own", async () => {
  const one = "docker run --rm busybox echo container";
  const { stdout, stderr } = await shell(host, `for i in $(seq 50); do ${one} $i & done; wait`);
  assert.equal(stderr, "");
  const expected = Array.from({ length: 50 }, (_, index) => `container ${index + 1}`);
  assert.deepEqual(stdout.trim().split("\n").toSorted(), expected.toSorted());
});
