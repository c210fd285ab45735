import assert from "node:assert/strict";
import { test } from "node:test";
import type { LogEntry } from "../../../contracts/runtime.ts";
import { frame } from "../../frames.ts";
import { type TestApi, testApi } from "../../testing/api.ts";
import { plainConfig } from "../../testing/plain.ts";
import { listen } from "../../testing/socket.ts";

const entry = (stream: "stdout" | "stderr", text: string): LogEntry => ({
  stream,
  time: "2026-01-02T03:04:05.000000006Z",
  bytes: Buffer.from(text),
});

async function box(api: TestApi, options: { running?: boolean; tty?: boolean } = {}): Promise<string> {
  const { id } = await api.engine.containers.create({
    name: "c1",
    config: { ...plainConfig, tty: options.tty === true },
    endpoints: [],
  });
  if (options.running) await api.engine.containers.start("c1");
  return id;
}

test("GET /containers/{id}/logs frames both outputs and hands on its limits", async () => {
  await using api = testApi();
  await box(api);
  api.engine.entries = async function* () {
    yield [entry("stdout", "out\n")];
    yield [entry("stderr", "err\n")];
  };
  const answer = await api.app.inject({
    url: "/containers/c1/logs?stdout=1&stderr=true&tail=5&since=12.5&until=0&timestamps=1",
  });
  const stamp = "2026-01-02T03:04:05.000000006Z ";
  assert.deepEqual(
    answer.rawPayload,
    Buffer.concat([frame("stdout", Buffer.from(`${stamp}out\n`)), frame("stderr", Buffer.from(`${stamp}err\n`))]),
  );
  assert.equal(answer.headers["content-type"], "application/vnd.docker.multiplexed-stream");
  const { signal: _, ...query } = (api.engine.calls.at(-1) ?? [])[2] as { signal: unknown };
  assert.deepEqual(query, { follow: false, stdout: true, stderr: true, tail: 5, since: 12.5 });
});

test("GET /containers/{id}/logs of a terminal is raw", async () => {
  await using api = testApi();
  await box(api, { tty: true });
  api.engine.entries = async function* () {
    yield [entry("stdout", "out\r\n")];
  };
  const answer = await api.app.inject({ url: "/containers/c1/logs?stdout=1&tail=all" });
  assert.deepEqual([answer.body, answer.headers["content-type"]], ["out\r\n", "application/vnd.docker.raw-stream"]);
});

test("GET /containers/{id}/logs refuses no stream, a bad time and an unknown container", async () => {
  await using api = testApi();
  await box(api);
  const answers = [];
  for (const url of ["/containers/c1/logs", "/containers/c1/logs?stdout=1&since=soon", "/containers/x/logs?stdout=1"])
    answers.push(await api.ask("GET", url));
  assert.deepEqual(
    answers.map(({ status }) => status),
    [400, 400, 404],
  );
  assert.match(answers[0]?.body.message, /you must choose at least one stream/);
});

test("GET /containers/{id}/logs sends its head before there is output, and stops reading when the client leaves", async () => {
  await using api = testApi();
  await using served = await listen(api);
  await box(api, { running: true });
  const stopped = Promise.withResolvers<void>();
  api.engine.entries = async function* ({ signal }) {
    await new Promise((resolve) => signal?.addEventListener("abort", resolve));
    stopped.resolve();
    yield* [];
  };
  const { socket, until } = served.dial();
  socket.write("GET /containers/c1/logs?stdout=1&follow=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  await until("\r\n\r\n");
  socket.destroy();
  await stopped.promise;
});

test("GET /containers/{id}/logs reads no further than a slow client", async () => {
  await using api = testApi();
  await using served = await listen(api);
  await box(api, { running: true });
  let produced = 0;
  api.engine.entries = async function* () {
    for (; produced < 64; produced++) yield [entry("stdout", "x".repeat(1024 * 1024))];
  };
  const { socket, until } = served.dial();
  socket.write("GET /containers/c1/logs?stdout=1 HTTP/1.1\r\nHost: x\r\n\r\n");
  await until("\r\n\r\n");
  socket.pause();
  // Far more turns of the event loop than 64 lines need when nobody holds them up.
  for (let turn = 0; turn < 2000; turn++) await new Promise((resolve) => setImmediate(resolve));
  assert.ok(produced < 32, `${produced} MB were read for a client that reads nothing`);
  socket.destroy();
});

test("POST /containers/{id}/wait sends its head at once and the exit code later", async () => {
  await using api = testApi();
  await using served = await listen(api);
  await box(api, { running: true });
  const { socket, until } = served.dial();
  socket.write("POST /containers/c1/wait?condition=next-exit HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  assert.match(await until("\r\n\r\n"), /^HTTP\/1\.1 200 OK\r\n/);
  assert.deepEqual(api.engine.calls.at(-1), ["containers.wait", "c1", "next-exit"]);
  api.engine.exit("c1", 3);
  await until('{"StatusCode":3}');
  socket.destroy();
});

test("POST /containers/{id}/wait ends with its client, and refuses unknown conditions and containers", async () => {
  await using api = testApi();
  await using served = await listen(api);
  await box(api, { running: true });
  const { socket, until } = served.dial();
  socket.write("POST /containers/c1/wait HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n");
  await until("\r\n\r\n");
  socket.destroy();
  const statuses = [];
  for (const url of ["/containers/c1/wait?condition=odd", "/containers/x/wait"])
    statuses.push((await api.ask("POST", url)).status);
  assert.deepEqual(statuses, [400, 404]);
});

test("GET /events tells what was kept since, then ends at until", async () => {
  await using api = testApi();
  const id = "f".repeat(64);
  api.engine.emit("container", "start", id, { name: "web", image: "app" });
  api.engine.emit("network", "create", id, { name: "net1", type: "bridge" });
  const { text, headers } = await api.ask("GET", `/events?since=1&until=${Date.now() / 1000 + 0.05}`);
  const lines = text.trimEnd().split("\n");
  const time = api.engine.history[0]?.timeNano ?? 0n;
  assert.equal(headers["content-type"], "application/json");
  assert.equal(
    lines[0],
    `{"status":"start","id":"${id}","from":"app","Type":"container","Action":"start","Actor":{"ID":"${id}","Attributes":{"name":"web","image":"app"}},"scope":"local","time":${time / 1_000_000_000n},"timeNano":${time}}`,
  );
  assert.deepEqual(Object.keys(JSON.parse(lines[1] ?? "")), ["Type", "Action", "Actor", "scope", "time", "timeNano"]);
});

test("LIFE-23 GET /events tells the past when only its end is given, and all of it since 0", async () => {
  await using api = testApi();
  api.engine.emit("network", "create", "f".repeat(64), { name: "net1", type: "bridge" });
  const until = Date.now() / 1000 + 1;
  assert.match((await api.ask("GET", `/events?until=${until - 0.9}`)).text, /"Action":"create"/);
  assert.match((await api.ask("GET", `/events?since=0&until=${until - 0.9}`)).text, /"Action":"create"/);
  assert.equal((await api.ask("GET", "/events?until=0")).text, "");
});

const filters: readonly [filter: object, seen: string[]][] = [
  [{}, ["container/start", "network/connect", "network/destroy", "cluster/host_unknown"]],
  [{ type: ["cluster"] }, ["cluster/host_unknown"]],
  [{ type: ["cluster", "network"], event: ["host_unknown", "connect"] }, ["network/connect", "cluster/host_unknown"]],
  [{ type: ["network"] }, ["network/connect", "network/destroy"]],
  [{ event: ["start", "destroy"] }, ["container/start", "network/destroy"]],
  [{ container: ["web"] }, ["container/start"]],
  [{ container: ["aaaa"] }, ["container/start"]],
  [{ container: ["a".repeat(64)] }, ["container/start"]],
  [{ network: ["net1"] }, ["network/connect", "network/destroy"]],
  [{ label: ["tier=front"] }, ["container/start"]],
  [{ label: ["tier"], type: ["network"] }, []],
  [{ volume: ["x"] }, []],
];

for (const [filter, seen] of filters) {
  test(`GET /events filters by ${JSON.stringify(filter).slice(0, 50)}`, async () => {
    await using api = testApi();
    const [container, network] = ["a".repeat(64), "b".repeat(64)];
    api.engine.emit("container", "start", container, { name: "web", tier: "front" });
    api.engine.emit("network", "connect", network, { name: "net1", container });
    api.engine.emit("network", "destroy", network, { name: "net1" });
    api.engine.emit("cluster", "host_unknown", "c".repeat(64), { host: "next", id: "d".repeat(64) });
    const past = await api.ask(
      "GET",
      `/events?since=1&until=${Date.now() / 1000 + 0.02}&filters=${encodeURIComponent(JSON.stringify(filter))}`,
    );
    const found = past.text
      .split("\n")
      .filter(Boolean)
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      found.map(({ Type, Action }) => `${Type}/${Action}`),
      seen,
    );
  });
}

test("GET /events tells live events to a client and forgets it when it leaves", async () => {
  await using api = testApi();
  await using served = await listen(api);
  const before = api.engine.listeners;
  const { socket, until } = served.dial();
  socket.write("GET /v1.51/events HTTP/1.1\r\nHost: x\r\n\r\n");
  await until("\r\n\r\n");
  while (api.engine.listeners === before) await new Promise((resolve) => setImmediate(resolve));
  api.engine.emit("network", "create", "1", { name: "live" });
  await until('"name":"live"');
  socket.destroy();
  while (api.engine.listeners !== before) await new Promise((resolve) => setImmediate(resolve));
});

test("GET /events ends when the server closes", async () => {
  await using api = testApi();
  await using served = await listen(api);
  const { socket, until, ended } = served.dial();
  socket.write("GET /events HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  await until("\r\n\r\n");
  await api.app.close();
  assert.match((await ended).toString(), /0\r\n\r\n$/);
});
