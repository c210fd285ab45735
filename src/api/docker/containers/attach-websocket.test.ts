import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type IncomingMessage, request } from "node:http";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { type ClientOptions, WebSocket } from "ws";
import { testApi } from "../../testing/api.ts";
import { plainConfig } from "../../testing/plain.ts";

/** A container that writes one line and ends, behind an API on TCP. */
async function served() {
  const api = testApi();
  await api.engine.containers.create({ name: "c1", config: { ...plainConfig, openStdin: true }, endpoints: [] });
  await api.engine.containers.start("c1");
  api.engine.entries = async function* () {
    yield [{ stream: "stdout", time: "2026-01-02T03:04:05.000000006Z", bytes: Buffer.from("hello\n") }];
  };
  await api.app.ready();
  const server = createServer((request, response) => api.app.routing(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    host,
    dial: (options: ClientOptions = {}) =>
      new WebSocket(`ws://${host}/containers/c1/attach/ws?stream=1&stdout=1`, options),
    async [Symbol.asyncDispose]() {
      await api[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

test("GET /containers/{id}/attach/ws sends output in binary messages and closes at the end of the container", async () => {
  await using api = await served();
  const client = api.dial();
  const [[bytes, isBinary], [code]] = await Promise.all([once(client, "message"), once(client, "close")]);
  assert.deepEqual([String(bytes), isBinary, code], ["hello\n", true, 1000]);
});

test("GET /containers/{id}/attach/ws on TCP refuses the pages of other hosts", async () => {
  await using api = await served();
  const own = api.dial({ origin: `http://${api.host}` });
  assert.equal((await once(own, "close"))[0], 1000);
  for (const origin of ["http://elsewhere.example", "null"]) {
    const [error] = await once(api.dial({ origin }), "error");
    assert.match((error as Error).message, /Unexpected server response: 403/);
  }
});

test("GET /containers/{id}/attach/ws answers a wrong handshake with 400", async () => {
  await using api = await served();
  const wrong = {
    Connection: "Upgrade",
    Upgrade: "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "k",
  };
  for (const headers of [{}, wrong]) {
    const asked = request(`http://${api.host}/containers/c1/attach/ws`, { headers });
    asked.end();
    const [answer] = (await once(asked, "response")) as [IncomingMessage];
    assert.equal(answer.statusCode, 400);
    answer.resume();
  }
});
