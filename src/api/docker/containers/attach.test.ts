import assert from "node:assert/strict";
import { test } from "node:test";
import { frame } from "../../frames.ts";
import { testApi } from "../../testing/api.ts";
import { plainConfig } from "../../testing/plain.ts";
import { listen, post, upgrade } from "../../testing/socket.ts";
import { attachProbeMs } from "./attach.ts";

// First in its file: while timers are mocked, a timer of an earlier test could not be cleared.
test("POST /containers/{id}/attach notices with an empty frame that its client has left", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  await using api = testApi();
  await using served = await listen(api);
  await api.engine.containers.create({ name: "c1", config: plainConfig, endpoints: [] });
  const before = api.engine.listeners;
  const { socket, until } = served.dial();
  socket.write(post("/containers/c1/attach?stream=1&stdout=1", {}, upgrade));
  await until("\r\n\r\n");
  // The docker CLI closes its half at once when it has no input: that alone must not end it.
  socket.end();
  t.mock.timers.tick(attachProbeMs);
  await until(frame("stdout", Buffer.alloc(0)).toString("latin1"));
  assert.equal(api.engine.listeners, before + 1);
  socket.destroy();
  while (api.engine.listeners !== before) {
    t.mock.timers.tick(attachProbeMs);
    await new Promise((resolve) => setImmediate(resolve));
  }
});

test("POST /containers/{id}/attach of a created container waits for its start and ends with its output", async () => {
  await using api = testApi();
  await using served = await listen(api);
  await api.engine.containers.create({ name: "c1", config: plainConfig, endpoints: [] });
  api.engine.entries = async function* () {
    yield { stream: "stdout", time: "2026-01-02T03:04:05.000000006Z", bytes: Buffer.from("hello\n") };
  };
  const { socket, until, ended } = served.dial();
  socket.write(post("/v1.51/containers/c1/attach?stream=1&stdout=1&stderr=1", {}, upgrade));
  assert.match(await until("\r\n\r\n"), /^HTTP\/1\.1 101 UPGRADED\r\n/);
  await api.engine.containers.start("c1");
  const answer = await ended;
  assert.deepEqual(answer.subarray(answer.indexOf("\r\n\r\n") + 4), frame("stdout", Buffer.from("hello\n")));
  const query = api.engine.calls.at(-1)?.[2] as { follow: boolean; since: number };
  assert.deepEqual([query.follow, typeof query.since], [true, "number"]);
});

test("POST /containers/{id}/attach refuses standard input with words", async () => {
  await using api = testApi();
  await api.engine.containers.create({ name: "c1", config: plainConfig, endpoints: [] });
  await api.engine.containers.start("c1");
  const { status, body } = await api.ask("POST", "/containers/c1/attach?stream=1&stdin=1&stdout=1");
  assert.equal(status, 501);
  assert.match(body.message, /^attaching standard input to a container is not supported: run without -i/);
});
