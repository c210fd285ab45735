import assert from "node:assert/strict";
import { PassThrough, type Readable } from "node:stream";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { mostAfterEnd, terminalOutput } from "./terminal-output.ts";

const packet = Buffer.alloc(8192, 2);

/** Writes packets until nothing more is taken, `most` at most. */
async function fill(packets: PassThrough, most: number): Promise<void> {
  for (let bytes = 0; bytes < most && !packets.destroyed && !packets.writableNeedDrain; bytes += packet.length) {
    packets.write(packet);
    await setImmediate();
  }
}

const lengthOf = async (output: Readable): Promise<number> => {
  let length = 0;
  for await (const chunk of output) length += (chunk as Buffer).length;
  return length;
};

test("terminalOutput() makes a program wait that lives, and takes in what one has left that has ended", async () => {
  const packets = new PassThrough({ objectMode: true });
  let isOver = false;
  const output = terminalOutput(packets, () => isOver);
  await fill(packets, mostAfterEnd);
  assert.ok(packets.isPaused());
  isOver = true;
  packets.end(packet);
  packets.resume();
  const length = await lengthOf(output);
  assert.ok(length > 16_384 && length < mostAfterEnd, `${length}`);
});

test("terminalOutput() ends when much comes after the program's end that nobody reads", async () => {
  const packets = new PassThrough({ objectMode: true });
  const output = terminalOutput(packets, () => true);
  await fill(packets, 4 * mostAfterEnd);
  assert.ok(packets.destroyed);
  const length = await lengthOf(output);
  assert.ok(length > mostAfterEnd / 2 && length < mostAfterEnd + 200_000, `${length}`);
});
