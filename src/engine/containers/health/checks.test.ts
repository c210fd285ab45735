import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { mock, test } from "node:test";
import type { ExecSession, ExecSpec } from "../../../contracts/runtime.ts";
import type { Container } from "../../../model/container.ts";
import type { Healthcheck } from "../../../model/health.ts";
import { request, World } from "../fakes.ts";
import { listen, restoreContainers } from "../restore.ts";
import { resumeChecks } from "./checks.ts";

const check: Healthcheck = {
  ...{ test: ["CMD-SHELL", "ask"], intervalNs: 10e9, timeoutNs: 2e9, startPeriodNs: 0, startIntervalNs: 0, retries: 2 },
};

/** A probe of which the test decides how it ends. */
interface Probe {
  readonly spec: ExecSpec;
  readonly killed: () => boolean;
  end(code: number, output?: string): void;
}

const get = (world: World): Container => world.containers.inspect("web").container;

async function idle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

async function passes(ms: number): Promise<void> {
  mock.timers.tick(ms);
  await idle();
}

function follow(world: World): Probe[] {
  const probes: Probe[] = [];
  world.runtime.onExec = (_id, spec): ExecSession => {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const { promise: exited, resolve } = Promise.withResolvers<number>();
    let killed = false;
    const end = (code: number, output = "") => {
      stdout.end(output);
      stderr.end();
      resolve(code);
    };
    const kill = () => {
      killed = true;
      end(137);
    };
    probes.push({ spec, killed: () => killed, end });
    return { pid: 7, stdin, stdout, stderr, exited, resize: () => {}, kill };
  };
  return probes;
}

async function checked(t: { after(fn: () => void): void }): Promise<{ world: World; probes: Probe[] }> {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-01-01T00:00:00Z") });
  const world = new World();
  t.after(() => {
    mock.timers.reset();
    world[Symbol.dispose]();
  });
  await listen(world.parts);
  const probes = follow(world);
  await world.containers.create(request("web", { healthcheck: check }));
  await world.containers.start("web");
  return { world, probes };
}

async function probed(world: World, probes: Probe[], code: number, output?: string): Promise<void> {
  const before = probes.length;
  await passes(10_000);
  assert.equal(probes.length, before + 1);
  probes.at(-1)?.end(code, output);
  await idle();
  assert.equal(get(world).state.health?.log.at(-1)?.exitCode, code);
}

test("LIFE-14 a container is starting, then healthy, then unhealthy, and each change is told once", async (t) => {
  const { world, probes } = await checked(t);
  assert.deepEqual(get(world).state.health, { status: "starting", failingStreak: 0, log: [] });
  for (const code of [0, 0, 1, 1, 1, 0]) await probed(world, probes, code, "said");
  const { args } = probes[0]?.spec ?? {};
  assert.deepEqual(args, ["/bin/sh", "-c", "ask"]);
  assert.deepEqual(
    world.actions().filter((action) => action.startsWith("health_status")),
    ["health_status: healthy", "health_status: unhealthy", "health_status: healthy"],
  );
  assert.deepEqual(world.actions().slice(2, 6), [
    "exec_create: /bin/sh -c ask",
    "exec_start: /bin/sh -c ask",
    "exec_die",
    "health_status: healthy",
  ]);
  const log = get(world).state.health?.log ?? [];
  assert.deepEqual([log.length, log[0]?.output], [5, "said"]);
});

test("LIFE-16 a probe that takes too long is killed, and says so", async (t) => {
  const { world, probes } = await checked(t);
  await passes(10_000);
  await passes(2_000);
  assert.equal(probes[0]?.killed(), true);
  const [result] = get(world).state.health?.log ?? [];
  assert.deepEqual([result?.exitCode, result?.output], [-1, "Health check exceeded timeout (2s)"]);
});

test("LIFE-16 the output is cut at 4096 bytes", async (t) => {
  const { world, probes } = await checked(t);
  await probed(world, probes, 0, "x".repeat(5000));
  assert.equal(get(world).state.health?.log[0]?.output, `${"x".repeat(4096)}...`);
});

test("LIFE-16 a probe that cannot be run is a failure with the reason", async (t) => {
  const { world } = await checked(t);
  world.runtime.onExec = () => {
    throw new Error("no such program");
  };
  await passes(10_000);
  const [result] = get(world).state.health?.log ?? [];
  assert.deepEqual([result?.exitCode, result?.output], [-1, "no such program"]);
});

test("LIFE-17 pausing and stopping end a running probe, and no result is written down", async (t) => {
  const { world, probes } = await checked(t);
  await passes(10_000);
  await world.containers.pause("web");
  await passes(60_000);
  assert.deepEqual([probes.length, probes[0]?.killed(), get(world).state.health?.log], [1, true, []]);
  await world.containers.unpause("web");
  await probed(world, probes, 0);
  await passes(10_000);
  await world.containers.stop("web", {});
  await passes(60_000);
  assert.deepEqual([probes.length, probes[2]?.killed(), get(world).state.health?.status], [3, true, "unhealthy"]);
  await world.containers.start("web");
  assert.equal(get(world).state.health?.status, "starting");
});

test("LIFE-17 a new daemon goes on checking, and knows how healthy the container was", async (t) => {
  const { world: before, probes } = await checked(t);
  await probed(before, probes, 0);
  await passes(10_000); // and it is killed while it probes
  const world = before.reborn();
  await restoreContainers(world.parts);
  await listen(world.parts);
  t.after(() => world.stopClocks());
  resumeChecks(world.parts);
  assert.equal(get(world).state.health?.status, "healthy");
  await passes(10_000);
  assert.equal(probes.length, 3);
});

test("LIFE-18 five hundred containers are probed eight at a time, and probes are not kept", async (t) => {
  mock.timers.enable({ apis: ["setTimeout", "Date"], now: Date.parse("2026-01-01T00:00:00Z") });
  const world = new World();
  t.after(() => {
    mock.timers.reset();
    world[Symbol.dispose]();
  });
  await listen(world.parts);
  const probes = follow(world);
  for (let count = 0; count < 500; count++) {
    const { id } = await world.containers.create(request(`web${count}`, { healthcheck: check }));
    await world.containers.start(id);
  }
  await passes(10_000);
  assert.equal(probes.length, 8);
  for (let done = 0; done < probes.length; done++) {
    probes[done]?.end(0);
    await idle();
  }
  assert.equal(probes.length, 500);
  const healthy = world.containers.list({ all: false, filters: { health: ["healthy"] } });
  assert.equal(healthy.length, 500);
});
