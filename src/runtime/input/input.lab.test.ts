import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { finished } from "node:stream/promises";
import { test } from "node:test";
import type { ContainerConfig } from "../../model/container.ts";
import { RuntimeLab } from "../testing/lab.ts";
import { requirePidNamespace } from "../testing/pid-namespace.ts";

requirePidNamespace(import.meta.filename);

const all = { stdout: true, stderr: true, follow: true, signal: new AbortController().signal };

/** Starts a container with an input and collects what it writes. */
async function start(lab: RuntimeLab, config: Partial<ContainerConfig>) {
  const plan = lab.plan({ openStdin: true, ...config });
  const { id } = plan.container;
  const tap = lab.runtime.tap(id, { past: false });
  await lab.runtime.create(plan);
  await lab.runtime.start(id);
  const said = { text: "" };
  const hash = createHash("sha256");
  const over = (async () => {
    using _tap = tap;
    for await (const chunks of tap.follow(all))
      for (const { bytes } of chunks) {
        hash.update(bytes);
        if (said.text.length < 10_000) said.text += Buffer.from(bytes).toString("latin1");
      }
    return hash.digest("hex");
  })();
  const input = () => {
    const stream = lab.runtime.openInput(id);
    assert.ok(stream);
    return stream;
  };
  return { id, said, over, input };
}

test("runtime.openInput() sends to a pipe, stays open for the next client, and closeInput() ends it", async () => {
  await using lab = new RuntimeLab();
  const { id, said, over, input } = await start(lab, { args: ["cat"] });
  const first = input();
  first.end("one\n");
  await finished(first);
  const [second, third] = [input(), input()];
  for (const [stream, text] of [
    [second, "two\n"],
    [third, "three\n"],
  ] as const) {
    stream.end(text);
    await finished(stream);
  }
  lab.runtime.closeInput(id);
  await over;
  assert.equal(said.text, "one\ntwo\nthree\n");
  assert.equal(lab.runtime.openInput(id), undefined);
  lab.runtime.closeInput(id);
});

test("runtime.openInput() waits for a container that does not read, and fails when it ends", async () => {
  await using lab = new RuntimeLab();
  const { id, input } = await start(lab, { args: ["sleep", "1000"] });
  const stream = input();
  const failed = new Promise<NodeJS.ErrnoException>((resolve) => stream.once("error", resolve));
  assert.equal(stream.write(Buffer.alloc(1 << 20)), false);
  await lab.runtime.kill(id, "SIGKILL");
  assert.equal((await failed).code, "EPIPE");
});

test("runtime.openInput() of a terminal: echo, its size, Ctrl-C to the foreground, and no end", async () => {
  await using lab = new RuntimeLab();
  const consoleSize = { rows: 33, columns: 99 };
  const resized = "until [ \"$(stty size)\" = '40 120' ]; do sleep 0.02; done; echo resized";
  const script = `stty size; ${resized}; read -r line; echo got $line; sleep 1000; echo on; sleep 1000`;
  const config = { tty: true, consoleSize, args: ["sh", "-c", script] };
  const { id, said, over, input } = await start(lab, config);
  const until = async (text: string) => {
    while (!said.text.includes(text)) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  await until("33 99\r\n");
  lab.runtime.resize(id, 40, 120);
  await until("resized\r\n");
  const first = input();
  first.end("hello\r");
  await finished(first);
  await until("hello\r\ngot hello\r\n");
  lab.runtime.closeInput(id); // a terminal has no end
  const second = input();
  second.write("\x03");
  await over;
  assert.match(said.text, /\^C/);
  assert.throws(() => lab.runtime.resize(id, 1, 1), { code: "CONTAINER_NOT_RUNNING" });
});

test("runtime.tap() has every byte of a fast container, in order, whatever the reader does", async () => {
  await using lab = new RuntimeLab();
  const bytes = Buffer.from(Array.from({ length: 8 << 20 }, (_, at) => (at * 7919) >> 5));
  const { id, over, input } = await start(lab, { args: ["cat"] });
  const stream = input();
  stream.end(bytes);
  await finished(stream);
  lab.runtime.closeInput(id);
  assert.equal(await over, createHash("sha256").update(bytes).digest("hex"));
});
