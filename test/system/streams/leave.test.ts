import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { callApi } from "../../../lab/api.ts";
import { lacksNewDocker } from "../../../lab/docker-version.ts";
import { docker, shell, streamsHost } from "./streams-host.ts";

const skip = lacksNewDocker();

const host = await streamsHost();
after(() => host[Symbol.asyncDispose]());

const pid = readFileSync(host.pathOf(`${host.folder}/pid`), "utf8").trim();

/** What the daemon holds and has started: open files by kind, and the host's processes; but for what box begins anew. */
async function traces(): Promise<{ files: number; processes: string[] }> {
  const files = await host.run("sh", "-c", `ls /proc/${pid}/fd | wc -l`);
  const processes = await host.run("ps", "-eo", "args", "--no-headers");
  return {
    files: Number(files),
    processes: processes
      .split("\n")
      .filter((line) => /conmon|runc|sleep|cat|archive-worker/.test(line) && !/ps -eo|^sleep 0[.]1$/.test(line))
      .toSorted(),
  };
}

/** Each is cut short by SIGKILL of its client; what it has made in the container is ended below. */
const calls = [
  "docker attach box",
  "docker attach --no-stdin box",
  "docker logs -f box",
  "docker logs -f quiet",
  "docker wait box",
  "docker events",
  "docker exec -i box cat",
  "docker exec box sleep 0.7",
  "yes | docker exec -i box sleep 0.7",
  "docker run --rm -i busybox cat",
  "yes | docker run --rm -i busybox sleep 0.7",
  "docker run --rm busybox sleep 0.7",
  "docker import - left < /dev/zero",
  "docker start -a stopped",
  "docker cp still:/bin - | sleep 0.7",
  "docker export still | sleep 0.7",
  "timeout 0.1 docker export still > /dev/null",
  "timeout 0.2 docker cp still:/bin - > /dev/null",
  "timeout 0.3 docker export box > /dev/null",
];

test("STR-20 a client that goes away in the middle of any call leaves nothing behind", { skip }, async () => {
  await docker(host, "run", "-di", "--name", "box", "busybox", "sh", "-c", "while :; do echo x; sleep 0.1; done");
  await docker(host, "run", "-d", "--name", "quiet", "busybox", "sleep", "1000");
  await docker(host, "create", "--name", "stopped", "busybox", "sleep", "0.7");
  await docker(host, "create", "--name", "still", "busybox", "true");
  // Threads are started when they are first needed, and kept; of the calls below none may get as far in the first round.
  await docker(host, "run", "--rm", "busybox", "true");
  const cut = (call: string) => shell(host, `setsid timeout -s KILL 0.5 sh -c '${call}' >/dev/null 2>&1; true`);
  await Promise.all(calls.map(cut)); // what is opened once and kept is open now
  const before = await settled();
  for (let round = 0; round < 3; round += 1) await Promise.all(calls.map(cut));
  assert.deepEqual(await settled(before), before);
  assert.equal((await callApi(host, "GET", "/_ping")).status, 200);
  await shell(host, "timeout 20 docker start -a still"); // nobody holds it any more
});

/** The traces once they are as wanted; without a wish, after the time in which a probe finds a client that is gone, 15 s. */
async function settled(wanted?: Awaited<ReturnType<typeof traces>>) {
  const deadline = Date.now() + (wanted ? 40_000 : 16_000);
  let last = await traces();
  for (; Date.now() < deadline; last = await traces()) {
    if (wanted && JSON.stringify(last) === JSON.stringify(wanted)) return last;
    await delay(500);
  }
  return last;
}
