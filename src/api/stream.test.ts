import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { silentLog } from "../base/log.ts";
import type { Call } from "./route.ts";
import { sendStream } from "./stream.ts";

const callOf = (raw: ServerResponse, signal = AbortSignal.abort()): Call => {
  const reply = { hijack: () => ({ raw }), getHeaders: () => ({}) };
  const request = { url: "/", raw: { socket: raw.req.socket } };
  return { reply, log: silentLog, signal, request } as unknown as Call;
};

/** A request that is to be answered, and the client's end of its connection. */
async function asked() {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nHost: fairlead\r\n\r\n");
  const [, response] = (await once(server, "request")) as [unknown, ServerResponse];
  const dispose = () => {
    client.destroy();
    server.close();
  };
  return { client, response, [Symbol.dispose]: dispose };
}

test("sendStream() destroys a stream whose reader has gone before the first byte", async () => {
  using world = await asked();
  const { client, response } = world;
  client.destroy();
  await once(response, "close");
  const archive = new PassThrough();
  await sendStream(callOf(response), "application/x-tar", archive);
  assert.ok(archive.destroyed);
});

test("sendStream() waits at the server's end for a client that reads, and for no other", async (t) => {
  t.mock.timers.enable({ apis: ["setInterval"] });
  using world = await asked();
  const { client, response } = world;
  client.pause();
  const closing = new AbortController();
  const endless = Readable.from(repeat(Buffer.alloc(65_536)));
  const sent = sendStream(callOf(response, closing.signal), "application/x-tar", endless);
  const stalled = async () => {
    while (!response.writableNeedDrain) await setImmediate();
  };
  await stalled();
  t.mock.timers.tick(60_000); // nothing ends: it may read later
  closing.abort();
  for (let round = 0; round < 3; round++) {
    client.resume();
    await once(response, "drain");
    client.pause();
    await stalled();
    t.mock.timers.tick(2000);
    assert.equal(response.destroyed, false);
  }
  t.mock.timers.tick(2000);
  await sent;
  assert.ok(response.destroyed && endless.destroyed);
});

function* repeat<T>(value: T): Generator<T> {
  while (true) yield value;
}
