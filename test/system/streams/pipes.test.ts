import assert from "node:assert/strict";
import { after, afterEach, test } from "node:test";
import { clear } from "../../../lab/api.ts";
import { docker, shell, streamsHost } from "./streams-host.ts";

const host = await streamsHost();
after(() => host[Symbol.asyncDispose]());
afterEach(() => clear(host));

const said = async (script: string) => {
  const { code, stdout, stderr } = await shell(host, script);
  return { code, stdout, stderr };
};

/** Waits until so many clients have attached to a container since a time, in seconds. */
async function attached(container: string, since: string, count: number): Promise<void> {
  const seen = `docker events --since ${since} --until $(date +%s.%N) --filter container=${container} --filter event=attach`;
  await said(`until [ $(${seen} | wc -l) -ge ${count} ]; do sleep 0.1; done`);
}

test("STR-3 docker run -i carries its input, the input's end, both outputs and the exit code", async () => {
  assert.deepEqual(await said("echo hi | docker run -i --rm busybox cat"), { code: 0, stdout: "hi\n", stderr: "" });
  assert.deepEqual(await said("echo hi | docker run -i --rm busybox sh -c 'cat; cat >&2; echo err >&2; exit 3'"), {
    code: 3,
    stdout: "hi\n",
    stderr: "err\n",
  });
  assert.deepEqual(await said("docker run -i --rm busybox cat </dev/null"), { code: 0, stdout: "", stderr: "" });
  // A program that does not read its input, and one that ends before it has.
  assert.equal((await said("seq 100000 | docker run -i --rm busybox true")).code, 0);
  assert.equal((await said("seq 1000000 | docker run -i --rm busybox head -n1")).stdout, "1\n");
});

test("STR-4 nothing is lost of a container that ends at once, nor of its exit code", async () => {
  const once = "docker run --rm busybox sh -c 'echo hi; echo err >&2; exit 5'; echo code $?";
  const script = `one() { for i in $(seq 25); do ${once}; done; }; (one & one & one & one & wait) 2>&1 | sort | uniq -c`;
  assert.deepEqual((await said(script)).stdout.trim().split(/\s*\n\s*/), ["100 code 5", "100 err", "100 hi"]);
});

test("STR-5 the input of a container that was started without a client stays open between clients", async () => {
  await docker(
    host,
    "run",
    "-di",
    "--name",
    "reader",
    "busybox",
    "sh",
    "-c",
    "while read x; do echo got $x; done; echo end",
  );
  // The CLI then waits for the container's end; the daemon has let go of it.
  const send = (text: string) =>
    said(
      `echo ${text} | docker attach --sig-proxy=false reader & until docker logs reader | grep -q ${text}; do sleep 0.1; done; kill -9 $!`,
    );
  await send("one");
  const since = (await host.run("date", "+%s.%N")).trim();
  const listener = said("docker attach --no-stdin reader");
  await attached("reader", since, 1);
  await send("two");
  await docker(host, "kill", "reader");
  assert.match((await listener).stdout, /^got two\n$/);
  assert.equal(await docker(host, "logs", "reader"), "got one\ngot two");
});

test("STR-6 docker start -ai joins what it starts, and its input ends the container's", async () => {
  await docker(host, "create", "-i", "--name", "again", "busybox", "sh", "-c", "cat; exit 6");
  for (const text of ["first", "second"]) {
    assert.deepEqual(await said(`echo ${text} | docker start -ai again`), { code: 6, stdout: `${text}\n`, stderr: "" });
  }
  assert.equal(await docker(host, "logs", "again"), "first\nsecond");
});

test("STR-7 attach shows what was written before when it is asked to, and tells events", async () => {
  const since = (await host.run("date", "+%s.%N")).trim();
  const id = await docker(
    host,
    "run",
    "-d",
    "--name",
    "two",
    "busybox",
    "sh",
    "-c",
    "echo past; until [ -e /go ]; do sleep 0.05; done; echo later",
  );
  await said("until docker logs two | grep -q past; do sleep 0.1; done");
  const curl = `curl -sN -X POST --unix-socket ${host.socket}`;
  const past = await said(`${curl} 'http://x/v1.51/containers/two/attach?logs=1&stdout=1' | tail -c +9`);
  assert.equal(past.stdout, "past\n");
  const both = said(`${curl} 'http://x/v1.51/containers/two/attach?logs=1&stream=1&stdout=1' | tr -d '\\000-\\007'`);
  await attached("two", since, 2);
  await docker(host, "exec", "two", "touch", "/go");
  assert.match((await both).stdout, /past\n.*later\n/s);
  const events = await docker(
    host,
    "events",
    "--since",
    since,
    "--until",
    (Date.now() / 1000 + 0.2).toFixed(9),
    "--filter",
    "event=attach",
    "--format",
    "{{.Action}} {{.ID}}",
  );
  assert.deepEqual(
    events.split("\n"),
    Array.from({ length: 2 }, () => `attach ${id}`),
  );
});

test("STR-8 docker attach passes signals on unless it is told not to", async () => {
  const trap = "trap 'echo caught; exit 9' INT; echo ready; while :; do sleep 0.05; done";
  await docker(host, "run", "-d", "--name", "trapped", "busybox", "sh", "-c", trap);
  const interrupt = (...options: string[]) =>
    said(`timeout --preserve-status -s INT -k 1 4 docker attach ${options.join(" ")} trapped; echo code $?`);
  await interrupt("--sig-proxy=false");
  assert.equal(await docker(host, "inspect", "-f", "{{.State.Status}}", "trapped"), "running");
  assert.equal((await interrupt()).stdout, "caught\ncode 9\n");
});

test("STR-9 docker wait with each condition, and its refusals", async () => {
  await docker(host, "create", "--name", "waited", "busybox", "sh", "-c", "exit 4");
  const wait = (query: string) =>
    said(
      `curl -sN -w ' %{http_code}' -X POST --unix-socket ${host.socket} 'http://x/v1.51/containers/waited/wait${query}'`,
    );
  assert.equal((await wait("")).stdout, '{"StatusCode":0}\n 200');
  const [next, removed] = [wait("?condition=next-exit"), wait("?condition=removed")];
  await said("sleep 2");
  await docker(host, "start", "waited");
  assert.equal((await next).stdout, '{"StatusCode":4}\n 200');
  assert.equal(await docker(host, "wait", "waited"), "4");
  await docker(host, "rm", "waited");
  assert.equal((await removed).stdout, '{"StatusCode":4}\n 200');
  assert.match((await wait("")).stdout, /No such container: waited.* 404$/s);
  await docker(host, "create", "--name", "waited", "busybox", "true");
  assert.match((await wait("?condition=later")).stdout, /invalid condition: \\"later\\".* 400$/s);
});
