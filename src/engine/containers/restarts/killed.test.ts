import assert from "node:assert/strict";
import { test } from "node:test";
import { request, World } from "../fakes.ts";
import { listen, restoreContainers } from "../restore.ts";
import { resumeRestarts } from "./by-policy.ts";

const signal = new AbortController().signal;

/** Until the container has been started once more. */
async function nextStart({ parts }: World): Promise<void> {
  const { promise: started, resolve } = Promise.withResolvers<void>();
  using _listening = parts.events.subscribe(({ action }) => action === "start" && resolve());
  await started;
}

test("LIFE-6 wherever the daemon is killed between a container's end and its restart, the next one starts it", async () => {
  using before = new World();
  await listen(before.parts);
  const restartPolicy = { name: "always", maximumRetryCount: 0 } as const;
  const { id } = await before.containers.create(request("web", { restartPolicy }));
  await before.containers.start(id);
  const moments: { step: string; world: World }[] = [];
  before.steps.onStep = (step) => moments.push({ step, world: before.copy() });
  const ended = before.containers.wait(id, "next-exit", signal);
  const again = nextStart(before);
  before.runtime.end(id, 1);
  await ended;
  await again;
  const steps = moments.map(({ step }) => step);
  for (const step of ["networking.close", "store.commit", "networking.open", "runtime.create", "runtime.start"])
    assert.ok(steps.includes(step), `no moment at ${step} was caught: ${steps}`);
  for (const { step, world: left } of moments) {
    using _left = left;
    using world = left.reborn();
    await restoreContainers(world.parts);
    await listen(world.parts);
    const { state } = world.containers.inspect(id).container;
    if (state.status !== "running") {
      assert.equal(state.restarting, true, `${state.status} after a kill at ${step}`);
      const begins = nextStart(world);
      resumeRestarts(world.parts);
      await begins;
    }
    const now = world.containers.inspect(id).container;
    assert.deepEqual([now.state.status, [...world.runtime.processes.keys()]], ["running", [id]], step);
  }
});
