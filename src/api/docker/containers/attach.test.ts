import assert from "node:assert/strict";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import type { Attachment } from "../../../engine/engine.ts";
import type { ContainerConfig } from "../../../model/container.ts";
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
    yield [{ stream: "stdout", time: "2026-01-02T03:04:05.000000006Z", bytes: Buffer.from("hello\n") }];
  };
  const { socket, until, ended } = served.dial();
  socket.write(post("/v1.51/containers/c1/attach?stream=1&stdout=1&stderr=1", {}, upgrade));
  assert.match(await until("\r\n\r\n"), /^HTTP\/1\.1 101 UPGRADED\r\n/);
  await api.engine.containers.start("c1");
  const answer = await ended;
  assert.deepEqual(answer.subarray(answer.indexOf("\r\n\r\n") + 4), frame("stdout", Buffer.from("hello\n")));
});

/** A running container that a client has attached to with its input; its output goes on until the client leaves. */
async function attached(config: Partial<ContainerConfig>, query = "", over: Partial<Attachment> = {}) {
  const api = testApi();
  const { attach } = api.engine.containers;
  api.engine.containers.attach = (reference, options) => ({ ...attach(reference, options), ...over });
  const served = await listen(api);
  await api.engine.containers.create({
    name: "c1",
    config: { ...plainConfig, openStdin: true, ...config },
    endpoints: [],
  });
  await api.engine.containers.start("c1");
  let endOutput = (): void => undefined;
  api.engine.entries = async function* ({ signal }) {
    await new Promise<void>((resolve) => {
      endOutput = resolve;
      signal?.addEventListener("abort", () => resolve());
      if (signal?.aborted) resolve();
    });
    yield [{ stream: "stdout", time: "2026-01-02T03:04:05.000000006Z", bytes: Buffer.from("last\n") }];
  };
  const dialled = served.dial();
  dialled.socket.write(post(`/containers/c1/attach?stream=1&stdin=1&stdout=1${query}`, {}, upgrade));
  await dialled.until("\r\n\r\n");
  const received = text(api.engine.input);
  return {
    api,
    ...dialled,
    received,
    endOutput: () => endOutput(),
    async [Symbol.asyncDispose]() {
      await served[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

test("POST /containers/{id}/attach with StdinOnce ends the container's input with the client's, and goes on", async () => {
  await using client = await attached({ stdinOnce: true });
  client.socket.end("hello");
  assert.equal(await client.received, "hello");
  client.endOutput();
  assert.match((await client.ended).toString("latin1"), /last\n$/);
});

for (const config of [{}, { tty: true, stdinOnce: true }]) {
  test(`POST /containers/{id}/attach with ${JSON.stringify(config)} ends with the client's input, which stays open`, async () => {
    await using client = await attached(config);
    client.socket.end("hello");
    await client.ended;
    assert.equal(client.api.engine.input.read()?.toString(), undefined);
    client.api.engine.input.end();
    assert.equal(await client.received, "hello");
  });
}

const full = () => Promise.reject(Object.assign(new Error("the queue is full"), { errno: "EAGAIN" }));

for (const over of [{ openInput: full }, { closeInput: full }]) {
  test(`POST /containers/{id}/attach lets a client go when ${Object.keys(over)}() fails, and the daemon goes on`, async () => {
    await using client = await attached({ stdinOnce: true }, "", over);
    client.socket.end("hello");
    await client.ended;
    assert.equal((await client.api.ask("GET", "/_ping")).status, 200);
  });
}

test("POST /containers/{id}/attach lets a client go that types its detach keys", async () => {
  await using client = await attached({ tty: true }, "&detachKeys=ctrl-a,d");
  client.socket.write("x\x01d");
  await client.ended;
  assert.equal(client.api.engine.calls.at(-1)?.[0], "containers.detached");
  client.api.engine.input.end();
  assert.equal(await client.received, "x"); // what was typed before them
});

test("POST /containers/{id}/attach refuses keys that are none", async () => {
  await using api = testApi();
  await api.engine.containers.create({ name: "c1", config: plainConfig, endpoints: [] });
  const { status, body } = await api.ask("POST", "/containers/c1/attach?stream=1&stdin=1&detachKeys=shift-q");
  assert.deepEqual([status, /Invalid detach keys \(shift-q\) provided/.test(body.message)], [400, true]);
});

test("POST /containers/{id}/resize hands on the size, and refuses none", async () => {
  await using api = testApi();
  await api.engine.containers.create({ name: "c1", config: plainConfig, endpoints: [] });
  assert.equal((await api.ask("POST", "/containers/c1/resize?h=24&w=80")).status, 200);
  assert.deepEqual(api.engine.calls.at(-1), ["containers.resize", "c1", 24, 80]);
  const refusal = async (query: string) => (await api.ask("POST", `/containers/c1/resize?${query}`)).body.message;
  assert.equal(await refusal("h=24"), 'invalid resize width "": invalid syntax');
  assert.equal(await refusal("h=x&w=80"), 'invalid resize height "x": invalid syntax');
  assert.equal(await refusal("h=24&w=-1"), 'invalid resize width "-1": value out of range');
  assert.equal(await refusal("h=4294967296&w=80"), 'invalid resize height "4294967296": value out of range');
});
