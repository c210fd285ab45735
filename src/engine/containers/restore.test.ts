import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Container, ContainerConfig } from "../../model/container.ts";
import { request, World } from "./fakes.ts";
import { listen, restoreContainers } from "./restore.ts";

const never = new AbortController().signal;
const get = (world: World, reference: string): Container => world.containers.inspect(reference).container;

async function started(world: World, name: string, over: Partial<ContainerConfig> = {}): Promise<string> {
  const { id } = await world.containers.create(request(name, over));
  await world.containers.start(id);
  return id;
}

/** The daemon is killed; `meanwhile` happens; it comes back. Returns it with the names of what it took over. */
async function restarted(
  before: World,
  meanwhile: () => unknown = () => {},
): Promise<{ world: World; taken: string[] }> {
  const world = before.reborn();
  await meanwhile();
  const running = await restoreContainers(world.parts);
  await listen(world.parts);
  return { world, taken: running.map(({ name }) => name) };
}

test("restoreContainers() takes running containers over as they are", async () => {
  using before = new World();
  const id = await started(before, "web");
  const record = get(before, id);
  const { world, taken } = await restarted(before);
  assert.deepEqual([taken, get(world, id)], [["web"], record]);
  const waiting = world.containers.wait(id, "next-exit", never);
  before.runtime.end(id, 4);
  assert.equal(await waiting, 4);
});

test("restoreContainers() gives the exit codes of those that ended meanwhile", async () => {
  using before = new World();
  const id = await started(before, "web", { autoRemove: false });
  const once = await started(before, "once", { autoRemove: true });
  const lost = await started(before, "lost");
  const { world, taken } = await restarted(before, () => {
    for (const each of [id, once, lost]) before.runtime.end(each, 5);
    before.runtime.exits.delete(lost);
  });
  const { status, exitCode } = get(world, id).state;
  assert.deepEqual([taken, status, exitCode, get(world, lost).state.exitCode], [[], "exited", 5, 255]);
  assert.deepEqual([get(world, id).sandboxId, world.state.containers.has(once)], [undefined, false]);
  assert.deepEqual([...before.runtime.disk].sort(), [id, lost].sort());
  assert.deepEqual(world.actions(), ["die", "die", "destroy", "die"]);
});

test("listen() makes up for what ended between restoring and listening", async () => {
  using before = new World();
  const id = await started(before, "web");
  const world = before.reborn();
  await restoreContainers(world.parts);
  before.runtime.end(id, 6);
  await listen(world.parts);
  assert.deepEqual([get(world, id).state.status, get(world, id).state.exitCode], ["exited", 6]);
});

const publish = [{ protocol: "tcp", containerPort: 80, hostIp: "", hostPort: 80, hostPortEnd: 80 }] as const;

/** Operations that the daemon is killed in, at every step; `states`: what the container may be in when it is back. */
const cutShort: {
  name: string;
  run: (world: World) => Promise<unknown>;
  states: readonly (string | undefined)[];
}[] = [
  { name: "create()", run: (world) => world.containers.create(request("web")), states: [undefined, "created"] },
  { name: "start()", run: (world) => started(world, "web"), states: [undefined, "created", "running"] },
  {
    name: "stop()",
    run: async (world) => {
      await started(world, "web");
      await world.containers.stop("web", {});
    },
    states: [undefined, "created", "running", "exited"],
  },
  {
    name: "remove()",
    run: async (world) => {
      await started(world, "web", { publish });
      await world.containers.remove("web", { force: true });
    },
    states: [undefined, "created", "running", "exited"],
  },
  {
    name: "the end of an autoRemove container",
    run: async (world) => {
      const id = await started(world, "web", { autoRemove: true });
      world.runtime.end(id, 0);
      await world.containers.wait(id, "removed", never);
    },
    states: [undefined, "running"],
  },
];
for (const { name, run, states } of cutShort) {
  test(`restoreContainers() finishes or undoes ${name}, wherever the daemon was killed`, async () => {
    using before = new World();
    await listen(before.parts);
    const moments: { step: string; world: World }[] = [];
    before.steps.onStep = (step) => moments.push({ step, world: before.copy() });
    await run(before);
    assert.ok(moments.length >= 2, "no moment was caught");
    for (const { step, world: left } of moments) {
      using _left = left;
      const { world } = await restarted(left);
      const status = world.state.containerNamed("web")?.state.status;
      assert.ok(states.includes(status), `${status} after a kill at ${step}`);
      assertConsistent(world, step);
      if (status === "created" || status === "exited") await world.containers.start("web");
    }
  });
}

/** Records and machine say the same, and nothing is without an owner. */
function assertConsistent({ state, runtime, directory }: World, step: string): void {
  const all = [...state.containers.values()];
  const running = all.filter((container) => container.state.status === "running").map(({ id }) => id);
  assert.deepEqual([...runtime.processes.keys()], running, step);
  assert.deepEqual(
    all.flatMap(({ id, sandboxId }) => (sandboxId ? id : [])),
    running,
    step,
  );
  assert.ok(
    all.every(({ id, ports }) => ports.length === 0 || running.includes(id)),
    step,
  );
  assert.ok(
    [...state.endpoints.values()].every(({ containerId }) => state.containers.has(containerId)),
    step,
  );
  assert.ok(
    [...runtime.disk, ...readdirSync(directory)].every((id) => state.containers.has(id)),
    step,
  );
}

test("restoreContainers() removes what has no record: processes, layers and files", async () => {
  using before = new World();
  const id = await started(before, "web");
  before.store.records.delete(id);
  mkdirSync(join(before.directory, "c".repeat(64)));
  const { world } = await restarted(before);
  const { processes, files } = world.snapshot();
  assert.deepEqual([processes, files, [...world.runtime.disk]], [[], [], []]);
});

test("restoreContainers() removes autoRemove containers that were never started", async () => {
  using before = new World();
  await before.containers.create(request("once", { autoRemove: true }));
  const { world } = await restarted(before);
  assert.deepEqual([world.state.containers.size, world.state.endpoints.size], [0, 0]);
});

test("restoreContainers() keeps the sandbox of an ended creator while others run in it, and lets it go after them", async () => {
  using before = new World();
  await listen(before.parts);
  const id = await started(before, "pod");
  const side = await started(before, "side", { networkMode: { kind: "container", containerId: "pod" } });
  await before.containers.stop("pod", {});
  const first = await restarted(before);
  assert.deepEqual([first.taken, get(first.world, "pod").sandboxId], [["side"], id]);
  const { world } = await restarted(first.world, () => before.runtime.end(side, 0));
  assert.deepEqual([get(world, "pod").sandboxId, get(world, "pod").state.error], [undefined, ""]);
});
