import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { accept } from "../ffi/accept.ts";
import { bind, close, listen, receive, socket } from "../ffi/libc.ts";
import { sockaddrUnix } from "../ffi/sockaddr.ts";
import { streams } from "./streams.ts";

const AF_UNIX = 1;
const SOCK_SEQPACKET = 5;

/** A socket that listens as conmon's does; it ends with the stack. */
function listening(stack: DisposableStack) {
  const directory = mkdtempSync(join(tmpdir(), "fairlead-streams-"));
  stack.defer(() => rmSync(directory, { recursive: true }));
  const path = join(directory, "attach");
  const listener = socket(AF_UNIX, SOCK_SEQPACKET, 0);
  stack.defer(() => close(listener));
  bind(listener, sockaddrUnix(path), path);
  listen(listener, 1);
  return { directory, path, listener };
}

test("streams.packetWriter() sends packets of the length given, and the end", async () => {
  using stack = new DisposableStack();
  const { directory, path, listener } = listening(stack);
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

test("streams.packetReader() has every packet by itself, those too that wait when the other side closes", async () => {
  using stack = new DisposableStack();
  const { directory, path, listener } = listening(stack);
  for (const [count, length] of [
    [100, 1],
    [8, 8193],
    [0, 1],
  ] as const) {
    const reader = streams.packetReader(path);
    const peer = accept(listener);
    const sent = Array.from({ length: count }, (_, index) => Buffer.alloc(length, index));
    for (const packet of sent) writeSync(peer, packet);
    close(peer);
    assert.deepEqual(await Array.fromAsync(reader), sent);
  }
  assert.throws(() => streams.packetReader(join(directory, "none")), /Cannot connect to .*none: ENOENT/);
});
