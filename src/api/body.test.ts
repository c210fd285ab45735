import assert from "node:assert/strict";
import { test } from "node:test";
import { testApi } from "./testing/api.ts";
import { plainConfig } from "./testing/plain.ts";
import { listen } from "./testing/socket.ts";

const inChunks = (path: string, ...chunks: readonly string[]) =>
  [
    `POST ${path} HTTP/1.1\r\nHost: fairlead\r\nTransfer-Encoding: chunked\r\n\r\n`,
    ...chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`),
    "0\r\n\r\n",
  ].join("");

test("CLI-10 a body that nobody reads may be empty, in chunks and of no type; the connection goes on", async () => {
  await using api = testApi();
  await using served = await listen(api);
  await api.engine.containers.create({ name: "c1", config: plainConfig, endpoints: [] });
  const { socket, until, ended } = served.dial();
  socket.write(inChunks("/containers/c1/start"));
  await until("HTTP/1.1 204");
  socket.write(inChunks("/containers/c1/pause", "not", "read"));
  socket.write(inChunks("/networks/create"));
  await until("must be 'application/json'");
  socket.end();
  assert.deepEqual((await ended).toString().match(/HTTP\/1\.1 \d+/g), ["HTTP/1.1 204", "HTTP/1.1 204", "HTTP/1.1 400"]);
});
