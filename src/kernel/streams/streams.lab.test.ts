import assert from "node:assert/strict";
import { closeSync, mkdtempSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { accept } from "../ffi/accept.ts";
import { bind, close, listen, receive, socket } from "../ffi/libc.ts";
import { sockaddrUnix } from "../ffi/sockaddr.ts";
import { terminals } from "../terminal/terminals.ts";
import { streams } from "./streams.ts";

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;

test("streams.packetWriter() sends packets of the length given, and the end", async () => {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-streams-"));
  using stack = new DisposableStack();
  stack.defer(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "attach");
  const listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
  stack.defer(() => close(listener));
  bind(listener, sockaddrUnix(path), path);
  listen(listener, 1);
  const writer = streams.packetWriter(path, 4);
  const peer = accept(listener);
  stack.defer(() => close(peer));
  const written = new Promise((resolve) => writer.write("0123456789", resolve));
  await written;
  await new Promise<void>((resolve) => writer.end(resolve));
  const buffer = Buffer.alloc(64);
  const packets = Array.from({ length: 4 }, () => buffer.toString("latin1", 0, receive(peer, buffer)));
  assert.deepEqual(packets, ["0123", "4567", "89", ""]);
  assert.throws(() => writeSync(peer, "nobody reads"), { code: "EPIPE" });
  assert.throws(() => streams.packetWriter(join(directory, "none"), 4), /Cannot connect to .*none: ENOENT/);
});

test("streams.duplex() of a terminal's controller takes more than the terminal does, and does not wait", async () => {
  const { controller, line } = terminals.open();
  const stream = streams.duplex(controller);
  const pending = Buffer.alloc(1 << 20, "x");
  const written = new Promise<unknown>((resolve) => stream.write(pending, resolve));
  // Nobody reads the line: a write that waited would never come back.
  assert.equal(stream.writableNeedDrain, true);
  stream.on("error", () => undefined); // EIO, once nobody has the line open
  closeSync(line);
  stream.destroy();
  assert.ok((await written) instanceof Error);
});

test("streams.duplex() reads what a program prints", async () => {
  const { controller, line } = terminals.open();
  const stream = streams.duplex(controller);
  writeSync(line, "hello");
  const said = text(stream).catch((error: NodeJS.ErrnoException) => error.code);
  stream.once("data", () => closeSync(line));
  assert.equal(await said, "EIO");
});
