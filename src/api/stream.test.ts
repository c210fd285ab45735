import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { silentLog } from "../base/log.ts";
import type { Call } from "./route.ts";
import { sendStream } from "./stream.ts";

const callOf = (raw: ServerResponse): Call => {
  const reply = { hijack: () => ({ raw }), getHeaders: () => ({}) };
  return { reply, log: silentLog, signal: AbortSignal.abort(), request: { url: "/" } } as unknown as Call;
};

test("sendStream() destroys a stream whose reader has gone before the first byte", async () => {
  const server = createServer();
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  client.write("GET / HTTP/1.1\r\nHost: fairlead\r\n\r\n");
  const [, response] = (await once(server, "request")) as [unknown, ServerResponse];
  client.destroy();
  await once(response, "close");
  const archive = new PassThrough();
  await sendStream(callOf(response), "application/x-tar", archive);
  assert.ok(archive.destroyed);
  server.close();
});
