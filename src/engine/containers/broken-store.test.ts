import assert from "node:assert/strict";
import { test } from "node:test";
import type { Container, ContainerConfig } from "../../model/container.ts";
import { request, World } from "./fakes.ts";
import { listen } from "./restore.ts";

const get = (world: World, reference: string): Container => world.containers.inspect(reference).container;
const always: Partial<ContainerConfig> = { restartPolicy: { name: "always", maximumRetryCount: 0 } };
const never = new AbortController().signal;

/** A container that runs, on a disk that fails from now on. */
async function broken(over: Partial<ContainerConfig> = {}): Promise<{ world: World; id: string }> {
  const world = new World();
  await listen(world.parts);
  const { id } = await world.containers.create(request("web", over));
  await world.containers.start(id);
  world.store.broken = true;
  return { world, id };
}

/** The disk is well again, and the runtime looks for ends that nobody took. */
async function heal({ store, runtime }: World): Promise<void> {
  store.broken = false;
  await runtime.look();
}

for (const [verb, signal] of [
  ["stop", "15"],
  ["kill", "9"],
  ["kill TERM", "15"],
] as const)
  test(`LIFE-29 ${verb} ends a container while the store fails, and its restart policy leaves it`, async () => {
    const { world, id } = await broken(always);
    using _world = world;
    const ended = world.containers.wait(id, "next-exit", never);
    if (verb === "stop") await world.containers.stop(id, {});
    else await world.containers.kill(id, verb === "kill" ? "SIGKILL" : "SIGTERM");
    const exitCode = await ended;
    assert.deepEqual([world.runtime.signals, exitCode], [[signal], 128 + Number(signal)]);
    await heal(world);
    const { status, restarting, stoppedByUser, exitCode: written } = get(world, id).state;
    assert.deepEqual([status, restarting, stoppedByUser, written], ["exited", undefined, true, exitCode]);
    assert.deepEqual(world.actions().slice(2, 4), ["kill", "die"]);
    assert.equal(world.actions().filter((action) => action === "die").length, 1);
  });

test("LIFE-29 an end while the store fails is kept with its code, and written down later", async () => {
  const { world, id } = await broken();
  using _world = world;
  const ended = world.containers.wait(id, "next-exit", never);
  world.runtime.end(id, 7);
  assert.equal(await ended, 7);
  await world.runtime.look();
  assert.deepEqual([get(world, id).state.status, world.runtime.exitOf(id)?.exitCode], ["running", 7]);
  await assert.rejects(world.containers.remove(id, { force: true }), /disk I\/O error/);
  await assert.rejects(world.containers.restart(id, {}), /disk I\/O error/);
  await heal(world);
  assert.deepEqual([get(world, id).state.status, get(world, id).state.exitCode], ["exited", 7]);
  assert.deepEqual([world.runtime.exitOf(id), world.networking.sandboxes.size], [undefined, 0]);
  assert.deepEqual(world.actions(), ["create", "start", "die"]);
});

test("LIFE-29 after an end while the store failed a daemon that comes next has the code", async () => {
  const { world: before, id } = await broken();
  using _before = before;
  const ended = before.containers.wait(id, "next-exit", never);
  before.runtime.end(id, 7);
  await ended;
  before.store.broken = false;
  const world = before.reborn();
  await listen(world.parts);
  assert.deepEqual([get(world, id).state.status, get(world, id).state.exitCode], ["exited", 7]);
});

test("LIFE-29 a restart policy goes on once an end could be written down", async () => {
  const { world, id } = await broken(always);
  using _world = world;
  const ended = world.containers.wait(id, "next-exit", never);
  world.runtime.end(id, 4);
  await ended;
  await heal(world);
  const { status, restarting, exitCode } = get(world, id).state;
  assert.deepEqual([status, restarting, exitCode], ["exited", true, 4]);
});

test("LIFE-29 a container that removes itself is removed once its end could be written down", async () => {
  const { world, id } = await broken({ autoRemove: true });
  using _world = world;
  const ended = world.containers.wait(id, "next-exit", never);
  world.runtime.end(id, 0);
  await ended;
  await heal(world);
  assert.deepEqual([world.state.containers.has(id), world.runtime.disk.size], [false, 0]);
});

test("LIFE-29 remove() by force ends the container while the store fails, and says why it is not gone", async () => {
  const { world, id } = await broken();
  using _world = world;
  await assert.rejects(world.containers.remove(id, { force: true }), /disk I\/O error/);
  assert.equal(world.runtime.processes.has(id), false);
  world.store.broken = false;
  await world.containers.remove(id, { force: true });
  assert.deepEqual([world.state.containers.has(id), world.runtime.disk.size], [false, 0]);
});

test("LIFE-29 pause() and unpause() while the store fails change nothing", async () => {
  const { world, id } = await broken();
  using _world = world;
  await assert.rejects(world.containers.pause(id), /disk I\/O error/);
  assert.deepEqual([get(world, id).state.paused, world.runtime.isPaused(id)], [undefined, false]);
  world.store.broken = false;
  await world.containers.pause(id);
  world.store.broken = true;
  await assert.rejects(world.containers.unpause(id), /disk I\/O error/);
  assert.deepEqual([get(world, id).state.paused, world.runtime.isPaused(id)], [true, true]);
  world.store.broken = false;
  await world.containers.unpause(id);
  assert.deepEqual([get(world, id).state.paused, world.runtime.isPaused(id)], [undefined, false]);
  assert.deepEqual(world.actions().slice(2), ["pause", "unpause"]);
});

test("LIFE-29 stop() thaws a paused container while the store fails", async () => {
  const { world, id } = await broken();
  using _world = world;
  world.store.broken = false;
  await world.containers.pause(id);
  world.store.broken = true;
  await world.containers.stop(id, {});
  await heal(world);
  assert.deepEqual([get(world, id).state.exitCode, get(world, id).state.paused], [143, undefined]);
});
