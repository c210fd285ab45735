import assert from "node:assert/strict";
import { mock, test } from "node:test";
import type { EngineError } from "../../../base/errors.ts";
import type { Container, ContainerConfig } from "../../../model/container.ts";
import { request, World } from "../fakes.ts";
import { listen, restoreContainers } from "../restore.ts";
import { resumeRestarts } from "./by-policy.ts";
import { Restarts } from "./restarts.ts";

const signal = new AbortController().signal;
const get = (world: World, reference: string): Container => world.containers.inspect(reference).container;
const code = (expected: string) => (error: EngineError) => error.code === expected;
const policy = (name: "always" | "unless-stopped" | "on-failure", maximumRetryCount = 0): Partial<ContainerConfig> => ({
  restartPolicy: { name, maximumRetryCount },
});

/** Time stands still but for what `passes()` lets go by. */
async function still(t: { after(fn: () => void): void }): Promise<World> {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-01-01T00:00:00Z") });
  const world = new World();
  t.after(() => {
    mock.timers.reset();
    world[Symbol.dispose]();
  });
  await listen(world.parts);
  return world;
}

/** Until nothing more happens by itself. */
async function idle(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function passes(ms: number): Promise<void> {
  mock.timers.tick(ms);
  await idle();
}

async function started(world: World, name: string, over: Partial<ContainerConfig>): Promise<string> {
  const { id } = await world.containers.create(request(name, over));
  await world.containers.start(id);
  return id;
}

async function ends(world: World, id: string, exitCode: number): Promise<void> {
  world.runtime.end(id, exitCode);
  await idle();
}

const seen = ({ state }: Container) => [state.status, state.restarting ?? false, state.restartCount ?? 0];

test("LIFE-2 a container waits as restarting, is started again, and waits longer each time", async (t) => {
  const world = await still(t);
  const id = await started(world, "web", policy("always"));
  await ends(world, id, 3);
  assert.deepEqual([seen(get(world, id)), get(world, id).state.exitCode], [["exited", true, 1], 3]);
  await passes(99);
  assert.equal(get(world, id).state.status, "exited");
  await passes(1);
  assert.deepEqual(seen(get(world, id)), ["running", false, 1]);
  await ends(world, id, 0);
  await passes(199);
  assert.deepEqual(seen(get(world, id)), ["exited", true, 2]);
  await passes(1);
  await passes(10_000);
  await ends(world, id, 0);
  assert.equal(get(world, id).state.restartDelayMs, 100);
  const cycle = ["die", "start"];
  assert.deepEqual(world.actions(), ["create", "start", ...cycle, ...cycle, "die"]);
});

test("LIFE-1 on-failure:2 gives up after two restarts", async (t) => {
  const world = await still(t);
  const id = await started(world, "web", policy("on-failure", 2));
  for (let run = 0; run < 3; run++) {
    await ends(world, id, 1);
    await passes(60_000);
  }
  assert.deepEqual(seen(get(world, id)), ["exited", false, 2]);
});

for (const verb of ["stop", "kill", "remove"] as const) {
  test(`LIFE-3 ${verb} of a container that waits for its restart ends the waiting`, async (t) => {
    const world = await still(t);
    const id = await started(world, "web", policy("always"));
    await ends(world, id, 3);
    await assert.rejects(world.containers.start(id), code("NOT_MODIFIED"));
    const waiting = world.containers.wait(id, "not-running", signal);
    if (verb === "stop") await world.containers.stop(id, {});
    if (verb === "kill") await world.containers.kill(id, "SIGKILL");
    if (verb === "remove") {
      await assert.rejects(world.containers.remove(id, { force: false }), code("CONTAINER_UP"));
      await world.containers.remove(id, { force: true });
    }
    assert.equal(await waiting, 3);
    await passes(60_000);
    if (verb === "remove") return assert.equal(world.state.containers.has(id), false);
    assert.deepEqual([...seen(get(world, id)), get(world, id).state.stoppedByUser], ["exited", false, 1, true]);
  });
}

test("LIFE-3 restart of a container that waits starts it at once and counts anew", async (t) => {
  const world = await still(t);
  const id = await started(world, "web", policy("always"));
  await ends(world, id, 3);
  await world.containers.restart(id, {});
  assert.deepEqual(seen(get(world, id)), ["running", false, 0]);
  await passes(60_000);
  assert.equal(world.actions().filter((action) => action === "start").length, 2);
});

test("LIFE-4 wait for the next exit hears of the end between two runs", async (t) => {
  const world = await still(t);
  const id = await started(world, "web", policy("always"));
  const waiting = world.containers.wait(id, "not-running", signal);
  await ends(world, id, 7);
  assert.equal(await waiting, 7);
  const next = world.containers.wait(id, "not-running", signal);
  await passes(100);
  await ends(world, id, 8);
  assert.equal(await next, 8);
});

test("LIFE-5 a start by the policy that fails is not tried again, and says why", async (t) => {
  const world = await still(t);
  const id = await started(world, "web", policy("always"));
  await ends(world, id, 3);
  world.steps.reset(0);
  await passes(100);
  world.steps.reset();
  const { state } = get(world, id);
  assert.deepEqual([seen(get(world, id)), state.exitCode], [["exited", false, 1], 3]);
  assert.match(state.error, /injected/);
  await passes(60_000);
  assert.equal(get(world, id).state.status, "exited");
});

/** The next daemon on the same machine, with its restarts going. */
async function reborn(before: World): Promise<World> {
  const world = before.reborn();
  await restoreContainers(world.parts);
  await listen(world.parts);
  resumeRestarts(world.parts);
  await idle();
  return world;
}

test("LIFE-6 what waits when the daemon is killed goes on waiting in the next one", async (t) => {
  const before = await still(t);
  const id = await started(before, "web", policy("always"));
  for (const wait of [100, 200]) {
    await ends(before, id, 3);
    await passes(wait);
  }
  await ends(before, id, 3);
  await passes(150);
  const world = await reborn(before);
  await passes(249);
  assert.deepEqual(seen(get(world, id)), ["exited", true, 3]);
  await passes(1);
  assert.deepEqual(seen(get(world, id)), ["running", false, 3]);
});

test("LIFE-6 what ended while the daemon was away is started again by its policy", async (t) => {
  const before = await still(t);
  const [web, failed, done] = [
    await started(before, "web", policy("unless-stopped")),
    await started(before, "failed", policy("on-failure")),
    await started(before, "done", policy("on-failure")),
  ];
  const world = before.reborn();
  before.runtime.end(web, 0);
  before.runtime.end(failed, 1);
  before.runtime.end(done, 0);
  await restoreContainers(world.parts);
  await listen(world.parts);
  resumeRestarts(world.parts);
  await passes(100);
  const states = [web, failed, done].map((id) => get(world, id).state.status);
  assert.deepEqual(states, ["running", "running", "exited"]);
});

test("LIFE-7 a new daemon starts what is to run always, leaves what runs, and starts the creator of a sandbox first", async (t) => {
  const before = await still(t);
  const runs = await started(before, "runs", policy("always"));
  const creator = await started(before, "creator", policy("always"));
  const joiner = await started(before, "joiner", {
    ...policy("always"),
    networkMode: { kind: "container", containerId: creator },
  });
  const stopped = await started(before, "stopped", policy("unless-stopped"));
  for (const id of [joiner, creator, stopped]) await before.containers.stop(id, {});
  const unused = await before.containers.create(request("unused", policy("always")));
  const pid = get(before, runs).state.pid;
  const world = await reborn(before);
  await passes(0);
  assert.deepEqual(
    [runs, creator, joiner, stopped, unused.id].map((id) => get(world, id).state.status),
    ["running", "running", "running", "exited", "created"],
  );
  assert.deepEqual([get(world, runs).state.pid, get(world, joiner).sandboxId], [pid, creator]);
});

test("LIFE-8 Restarts runs four at a time, and one that was cancelled meanwhile not at all", async () => {
  using restarts = new Restarts();
  const doors = new Map<string, () => void>();
  const four = Promise.withResolvers<void>();
  const run = (id: string) =>
    new Promise<void>((resolve) => {
      doors.set(id, resolve);
      if (doors.size === 4) four.resolve();
    });
  for (const id of ["a", "b", "c", "d", "e", "f"]) restarts.schedule({ id, delayMs: 0, run: () => run(id) });
  await four.promise;
  await idle();
  assert.deepEqual([...doors.keys()], ["a", "b", "c", "d"]);
  restarts.cancel("e");
  doors.get("a")?.();
  await idle();
  assert.deepEqual([...doors.keys()], ["a", "b", "c", "d", "f"]);
  for (const open of doors.values()) open();
});

test("LIFE-29 a restart that fails with the store, and cannot be written down as failed, is tried again", async (t) => {
  const world = await still(t);
  const id = await started(world, "web", policy("always"));
  await ends(world, id, 3);
  world.store.broken = true;
  await passes(100);
  await assert.rejects(world.containers.stop(id, {}), /disk I\/O error/);
  assert.deepEqual(seen(get(world, id)), ["exited", true, 1]);
  world.store.broken = false;
  await passes(10_000);
  assert.deepEqual(seen(get(world, id)), ["running", false, 1]);
});
