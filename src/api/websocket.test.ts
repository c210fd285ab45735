import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { ClientWebSocket, isOwnPage } from "./websocket.ts";

const pages = [
  ["http://h:2375", "h:2375", true],
  ["http://h", "h", true],
  ["http://h", "h:80", true],
  ["https://h", "h:443", true],
  ["http://H", "h", true],
  ["http://[::1]:80", "[::1]", true],
  ["https://h", "h:80", false],
  ["http://h", "h:2375", false],
  ["http://evil", "h", false],
  ["null", "h", false],
  ["http://h", undefined, false],
] as const;

for (const [origin, host, expected] of pages) {
  test(`isOwnPage() says ${expected} to a page of ${origin} that asks ${host}`, () => {
    assert.equal(isOwnPage(origin, host), expected);
  });
}

/** Both ends of a WebSocket by a unix socket. */
async function connected(path: string): Promise<{ ours: ClientWebSocket; theirs: WebSocket } & AsyncDisposable> {
  const http = createServer().listen(path);
  const server = new WebSocketServer({ server: http, WebSocket: ClientWebSocket });
  await once(http, "listening");
  const accepted = once(server, "connection") as Promise<[ClientWebSocket]>;
  const theirs = new WebSocket(`ws+unix:${path}:/`);
  const [[ours]] = await Promise.all([accepted, once(theirs, "open")]);
  const close = async () => {
    ours.terminate();
    await new Promise((resolve) => http.close(resolve));
  };
  return { ours, theirs, [Symbol.asyncDispose]: close };
}

test("ClientWebSocket finds by a ping that a client is gone whose input nobody takes", {
  timeout: 30_000,
}, async () => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-websocket-"));
  await using sockets = await connected(join(directory, "socket"));
  const { ours, theirs } = sockets;
  const closed = once(ours, "close");
  const input = ours.input();
  for (let sent = 0; sent < 64; sent += 1) theirs.send(Buffer.alloc(65_536));
  while (!ours.isPaused) await once(input, "readable");
  theirs.terminate();
  using _probe = ours.probe(10);
  await closed;
  rmSync(directory, { recursive: true });
});
