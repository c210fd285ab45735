import assert from "node:assert/strict";
import { PassThrough, type Writable } from "node:stream";
import { test } from "node:test";
import type { EngineError } from "../../base/errors.ts";
import type { OutputChunk, OutputTap, OutputWanted } from "../../contracts/runtime.ts";
import { request, World } from "./fakes.ts";

const wanted = { stdout: true, stderr: true, signal: new AbortController().signal };
const options = { logs: false, stream: true, signal: wanted.signal };

/** A created container whose output is "past" before, and "live" while it runs; `disposed` counts left taps. */
async function created() {
  const world = new World();
  const { id } = await world.containers.create(request("web"));
  const seen = { disposed: 0, followed: [] as boolean[] };
  const tap: OutputTap = {
    async *follow({ follow }: OutputWanted): AsyncGenerator<OutputChunk[]> {
      seen.followed.push(follow);
      yield [{ stream: "stdout", bytes: Buffer.from(follow ? "live" : "past") }];
    },
    [Symbol.dispose]() {
      seen.disposed += 1;
    },
  };
  world.runtime.tap = () => tap;
  return { world, id, seen };
}

const textOf = async (output: AsyncIterable<readonly OutputChunk[]>): Promise<string> =>
  (await Array.fromAsync(output))
    .flat()
    .map(({ bytes }) => Buffer.from(bytes).toString())
    .join(" ");

test("attach() to a container that does not run shows the past, waits for its start, and then for its input", async () => {
  const { world, seen } = await created();
  using _world = world;
  const input: Writable = new PassThrough();
  world.runtime.openInput = () => input as unknown as undefined;
  using attachment = world.containers.attach("web", { ...options, logs: true });
  const [text, opened] = [textOf(attachment.output(wanted)), attachment.openInput()];
  await new Promise(setImmediate);
  assert.deepEqual(seen.followed, [false]);
  await world.containers.start("web");
  assert.deepEqual([await text, (await opened) === input, seen.followed], ["past live", true, [false, true]]);
});

test("attach() ends when the container is removed before it starts, or its client leaves", async () => {
  const { world, seen } = await created();
  using _world = world;
  const client = new AbortController();
  const left = world.containers.attach("web", { ...options, signal: client.signal });
  const removed = world.containers.attach("web", options);
  client.abort();
  assert.equal(await textOf(left.output(wanted)), "");
  await world.containers.remove("web", { force: false, volumes: false });
  assert.deepEqual([await textOf(removed.output(wanted)), await removed.openInput()], ["", undefined]);
  for (const attachment of [left, removed]) attachment[Symbol.dispose]();
  assert.equal(seen.disposed, 2);
});

test("attach(), its detach keys and resize() are told as events", async () => {
  const { world } = await created();
  using _world = world;
  await world.containers.start("web");
  using attachment = world.containers.attach("web", options);
  attachment.detached();
  world.containers.resize("web", 24, 80);
  assert.deepEqual(world.actions().slice(-3), ["attach", "detach", "resize"]);
});

test("attach() to a paused container is refused, and resize() of one that does not run", async () => {
  const { world, id } = await created();
  using _world = world;
  assert.throws(
    () => world.containers.resize("web", 24, 80),
    (error: EngineError) => error.code === "CONTAINER_NOT_RUNNING",
  );
  await world.containers.start("web");
  await world.containers.pause("web");
  assert.throws(
    () => world.containers.attach(id, options),
    /container web is paused, unpause the container before attach/,
  );
});

test("attach() asks again for an input whose monitor has no room for one more, and tells any other failure", async () => {
  const { world } = await created();
  using _world = world;
  await world.containers.start("web");
  const input: Writable = new PassThrough();
  const failures = ["EAGAIN", "EAGAIN", undefined, "EAGAIN", undefined, "EMFILE"];
  const next = () => {
    const errno = failures.shift();
    if (errno !== undefined) throw Object.assign(new Error("no room"), { errno });
    return input as unknown as undefined;
  };
  Object.assign(world.runtime, { openInput: next, closeInput: next });
  using attachment = world.containers.attach("web", options);
  assert.equal(await attachment.openInput(), input);
  await attachment.closeInput();
  await assert.rejects(attachment.openInput(), { errno: "EMFILE" });
});
