import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { EngineError } from "../../base/errors.ts";
import type { ExecSpec } from "../../contracts/runtime.ts";
import { lostExit, settle } from "./end.ts";
import { request, World } from "./fakes.ts";

const spec: ExecSpec = {
  ...{ args: ["id", "-u"], env: [], workingDir: "", user: "", tty: false, attachStdin: false, privileged: false },
};
const code = (expected: string) => (error: EngineError) => error.code === expected;

async function running(env: readonly string[] = []) {
  const world = new World();
  const { id } = await world.containers.create(request("web", { env }));
  await world.containers.start(id);
  const { promise: exited, resolve: exit } = Promise.withResolvers<number>();
  const sizes: number[][] = [];
  world.runtime.exec = async () => ({
    ...{ pid: 77, stdin: new PassThrough(), stdout: new PassThrough(), stderr: new PassThrough(), exited },
    resize: (rows, columns) => sizes.push([rows, columns]),
    kill: () => undefined,
  });
  return { world, exit, sizes };
}

test("execStart() runs it once and execInspect() tells how it ended", async () => {
  const { world, exit, sizes } = await running();
  using _world = world;
  const exec = world.containers.execCreate("web", spec);
  assert.deepEqual([world.containers.execInspect(exec).running, world.containers.execInspect(exec).pid], [false, 0]);
  await world.containers.execStart(exec, {});
  world.containers.execResize(exec, 24, 80);
  await assert.rejects(world.containers.execStart(exec, {}), code("CONTAINER_REFUSED"));
  assert.deepEqual(
    [world.containers.execInspect(exec).running, world.containers.execInspect(exec).pid, sizes],
    [true, 77, [[24, 80]]],
  );
  exit(5);
  await new Promise(setImmediate);
  assert.deepEqual(
    [world.containers.execInspect(exec).running, world.containers.execInspect(exec).exitCode],
    [false, 5],
  );
  assert.deepEqual(world.actions().slice(2), ["exec_create: id -u", "exec_start: id -u", "exec_die"]);
});

test("STR-32 execCreate() refuses a user whom the container does not know, and makes nothing", async () => {
  const { world } = await running();
  using _world = world;
  world.runtime.checkUser = (_id, name) => {
    if (name === "nobody-here") throw new EngineError("USER_NOT_FOUND", { kind: "user", name });
  };
  assert.throws(() => world.containers.execCreate("web", { ...spec, user: "nobody-here" }), code("USER_NOT_FOUND"));
  assert.deepEqual(world.actions().slice(2), []);
  assert.notEqual(world.containers.execCreate("web", { ...spec, user: "0" }), "");
});

test("execResize() refuses when the container runs no more", async () => {
  const { world } = await running();
  using _world = world;
  const exec = world.containers.execCreate("web", { ...spec, tty: true });
  await world.containers.execStart(exec, {});
  await settle(world.parts, lostExit(world.containers.inspect("web").container.id));
  assert.throws(() => world.containers.execResize(exec, 24, 80), code("CONTAINER_NOT_RUNNING"));
});

test("execResize() while an exec starts is not lost", async () => {
  const { world, sizes } = await running();
  using _world = world;
  const exec = world.containers.execCreate("web", { ...spec, tty: true });
  const { exec: start } = world.runtime;
  world.runtime.exec = async (...args) => {
    world.containers.execResize(exec, 24, 80);
    return start(...args);
  };
  await world.containers.execStart(exec, { size: { rows: 10, columns: 20 } });
  assert.deepEqual(sizes, [[24, 80]]);
});

test("STR-26 execStart() says what the container's own configuration sets", async () => {
  const { world } = await running(["TERM=xterm"]);
  using _world = world;
  const { exec: start } = world.runtime;
  let told: readonly string[] | undefined;
  world.runtime.exec = async (...args) => {
    told = args[1].containerEnv;
    return start(...args);
  };
  await world.containers.execStart(world.containers.execCreate("web", spec), {});
  assert.deepEqual(told, ["TERM=xterm"]);
});

test("execStart() that fails has ended with 126", async () => {
  const { world } = await running();
  using _world = world;
  const exec = world.containers.execCreate("web", spec);
  world.runtime.exec = async () => {
    throw new Error("no such file");
  };
  await assert.rejects(world.containers.execStart(exec, {}), /no such file/);
  assert.equal(world.containers.execInspect(exec).exitCode, 126);
});

test("execStart() keeps the exit code of a program that is not there; execCheck() then refuses it", async () => {
  const { world } = await running();
  using _world = world;
  const exec = world.containers.execCreate("web", spec);
  world.containers.execCheck(exec);
  world.runtime.exec = async () => {
    throw new EngineError("EXEC_FAILED", { why: "executable file not found", exitCode: 127 });
  };
  await assert.rejects(world.containers.execStart(exec, {}), code("EXEC_FAILED"));
  assert.equal(world.containers.execInspect(exec).exitCode, 127);
  assert.throws(() => world.containers.execCheck(exec), code("CONTAINER_REFUSED"));
  assert.throws(() => world.containers.execCheck("none"), code("EXEC_NOT_FOUND"));
});

test("execCreate() needs a running container, and a removed one takes its execs along", async () => {
  const { world } = await running();
  using _world = world;
  await world.containers.create(request("idle"));
  assert.throws(() => world.containers.execCreate("idle", spec), code("CONTAINER_NOT_RUNNING"));
  const exec = world.containers.execCreate("web", spec);
  assert.throws(() => world.containers.execInspect("none"), code("EXEC_NOT_FOUND"));
  await settle(world.parts, lostExit(world.containers.inspect("web").container.id));
  await world.containers.remove("web", { force: false });
  assert.throws(() => world.containers.execInspect(exec), code("EXEC_NOT_FOUND"));
});

test("STR-28 an exec that was not started is gone when its container has ended", async () => {
  const { world } = await running();
  using _world = world;
  const exec = world.containers.execCreate("web", spec);
  await world.containers.stop("web", {});
  await world.containers.start("web");
  await assert.rejects(world.containers.execStart(exec, {}), code("EXEC_NOT_FOUND"));
});
