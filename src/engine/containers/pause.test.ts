import assert from "node:assert/strict";
import { test } from "node:test";
import { EngineError } from "../../base/errors.ts";
import type { Container } from "../../model/container.ts";
import { stateWord } from "../../model/container-state.ts";
import { request, World } from "./fakes.ts";
import { listen, restoreContainers } from "./restore.ts";

const get = (world: World, reference: string): Container => world.containers.inspect(reference).container;
const says = (text: RegExp) => (error: EngineError) => text.test(error.message);

async function started(): Promise<World> {
  const world = new World();
  await listen(world.parts);
  await world.containers.create(request("web"));
  await world.containers.start("web");
  return world;
}

test("LIFE-11 pause() and unpause() in Docker's states and words", async () => {
  using world = await started();
  const id = get(world, "web").id;
  await assert.rejects(world.containers.unpause("web"), says(new RegExp(`^Container ${id} is not paused$`)));
  await world.containers.pause("web");
  assert.deepEqual([stateWord(get(world, "web").state), world.runtime.isPaused(id)], ["paused", true]);
  await assert.rejects(world.containers.pause("web"), says(/is already paused$/));
  await assert.rejects(world.containers.start("web"), says(/^cannot start a paused container, try unpause instead$/));
  await assert.rejects(world.containers.remove("web", { force: false }), says(/is paused and must be unpaused first$/));
  const exec = { args: ["true"], env: [], workingDir: "", user: "", tty: false, attachStdin: false, privileged: false };
  assert.throws(
    () => world.containers.execCreate("web", exec),
    says(/^Container web is paused, unpause the container before exec$/),
  );
  await world.containers.unpause("web");
  assert.deepEqual([stateWord(get(world, "web").state), world.runtime.isPaused(id)], ["running", false]);
  assert.deepEqual(world.actions(), ["create", "start", "pause", "unpause"]);
});

test("LIFE-11 pause() that fails changes nothing", async () => {
  using world = await started();
  const before = get(world, "web");
  world.steps.reset(0);
  await assert.rejects(world.containers.pause("web"), /injected/);
  assert.deepEqual(get(world, "web"), before);
});

for (const [verb, signals] of [
  ["stop", ["15"]],
  ["kill", ["9"]],
  ["restart", ["15"]],
  ["remove", ["9"]],
] as const) {
  test(`LIFE-12 ${verb} of a paused container thaws it`, async () => {
    using world = await started();
    await world.containers.pause("web");
    if (verb === "stop") await world.containers.stop("web", {});
    if (verb === "kill") await world.containers.kill("web", "SIGKILL");
    if (verb === "restart") await world.containers.restart("web", {});
    if (verb === "remove") await world.containers.remove("web", { force: true });
    assert.deepEqual(world.runtime.signals, signals);
    assert.deepEqual(world.actions().slice(3, 6), ["kill", "unpause", "die"]);
    if (verb !== "remove") {
      assert.equal(stateWord(get(world, "web").state), verb === "restart" ? "running" : "exited");
    }
  });
}

test("LIFE-12 kill of a paused container that does not wait to be thawed, as on control groups of version 2", async () => {
  using world = await started();
  await world.containers.pause("web");
  world.runtime.kill = async (id) => world.runtime.end(id, 137);
  world.runtime.unpause = (id) => Promise.reject(new EngineError("CONTAINER_NOT_RUNNING", { container: id }));
  await world.containers.kill("web", "SIGKILL");
  assert.deepEqual([stateWord(get(world, "web").state), get(world, "web").state.exitCode], ["exited", 137]);
});

test("LIFE-12 another signal waits until a paused container is thawed", async () => {
  using world = await started();
  await world.containers.pause("web");
  await world.containers.kill("web", "SIGUSR1");
  assert.equal(stateWord(get(world, "web").state), "paused");
});

test("LIFE-13 whether a container is paused a new daemon sees in the kernel", async () => {
  using before = await started();
  const { id } = get(before, "web");
  await before.runtime.pause(id); // and the daemon is killed before it writes that down
  const world = before.reborn();
  await restoreContainers(world.parts);
  assert.equal(stateWord(get(world, "web").state), "paused");
  await before.runtime.unpause(id);
  const next = world.reborn();
  await restoreContainers(next.parts);
  assert.equal(stateWord(get(next, "web").state), "running");
});

for (const verb of ["stop", "kill"] as const)
  test(`LIFE-12 ${verb} thaws one that is frozen, whatever its record says`, async () => {
    using world = await started();
    const { id } = get(world, "web");
    await world.runtime.pause(id);
    if (verb === "stop") await world.containers.stop("web", {});
    else await world.containers.kill("web", "SIGKILL");
    assert.equal(stateWord(get(world, "web").state), "exited");
  });

test("LIFE-11 unpause() of one that is not frozen, whatever its record says", async () => {
  using world = await started();
  await world.containers.pause("web");
  world.runtime.paused.clear();
  world.runtime.unpause = () => Promise.reject(new Error("container not paused"));
  await world.containers.unpause("web");
  assert.equal(stateWord(get(world, "web").state), "running");
});
