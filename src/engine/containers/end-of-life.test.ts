import assert from "node:assert/strict";
import { test } from "node:test";
import type { EngineError } from "../../base/errors.ts";
import type { Container, ContainerConfig } from "../../model/container.ts";
import { request, World } from "./fakes.ts";
import { listen } from "./restore.ts";

const never = new AbortController().signal;
const code = (expected: string) => (error: EngineError) => error.code === expected;

async function started(world: World, name: string, over: Partial<ContainerConfig> = {}): Promise<string> {
  const { id } = await world.containers.create(request(name, over));
  await world.containers.start(id);
  return id;
}
const get = (world: World, reference: string): Container => world.containers.inspect(reference).container;
const idle = () => new Promise((resolve) => setImmediate(resolve));

async function listening(): Promise<World> {
  const world = new World();
  await listen(world.parts);
  return world;
}

test("stop() sends the stop signal, and is NOT_MODIFIED for who is stopped", async () => {
  using world = await listening();
  await started(world, "web", { stopSignal: "SIGINT" });
  await world.containers.stop("web", {});
  assert.deepEqual([world.runtime.signals, get(world, "web").state.exitCode], [["2"], 130]);
  assert.deepEqual([get(world, "web").state.stoppedByUser, world.actions().slice(-3)], [true, ["kill", "die", "stop"]]);
  await assert.rejects(world.containers.stop("web", {}), code("NOT_MODIFIED"));
});

test("stop() kills whoever does not listen", async () => {
  using world = await listening();
  await started(world, "web");
  world.runtime.stubborn = true;
  await world.containers.stop("web", { timeoutSeconds: 0 });
  assert.deepEqual([world.runtime.signals, get(world, "web").state.exitCode], [["15", "9"], 137]);
});

test("stop() that waits blocks nobody: inspect, list and kill get through", async () => {
  using world = await listening();
  await started(world, "web");
  world.runtime.stubborn = true;
  const stopping = world.containers.stop("web", { timeoutSeconds: Number.POSITIVE_INFINITY });
  while (world.runtime.signals.length === 0) await idle();
  assert.equal(get(world, "web").state.status, "running");
  await world.containers.kill("web", "SIGUSR1");
  await world.containers.kill("web", "SIGKILL");
  await stopping;
  assert.deepEqual(world.runtime.signals, ["15", "10", "9"]);
});

test("stop() of a starting container waits for the start", async () => {
  using world = await listening();
  await world.containers.create(request("web"));
  await Promise.all([world.containers.start("web"), world.containers.stop("web", {})]);
  assert.deepEqual([get(world, "web").state.status, world.runtime.processes.size], ["exited", 0]);
});

test("kill() refuses signals that are none and containers that do not run", async () => {
  using world = await listening();
  await world.containers.create(request("web"));
  await assert.rejects(world.containers.kill("web", "SIGFOO"), code("INVALID"));
  await assert.rejects(world.containers.kill("web", "0"), code("INVALID"));
  await assert.rejects(world.containers.kill("web", "KILL"), code("CONTAINER_CONFLICT"));
  await assert.rejects(world.containers.kill("web", "HUP"), code("CONTAINER_CONFLICT"));
});

test("restart() runs it anew with the same address, and does not remove an autoRemove container", async () => {
  using world = await listening();
  const id = await started(world, "web", { autoRemove: true });
  const before = world.containers.inspect(id).endpoints;
  await world.containers.restart(id, {});
  assert.deepEqual([get(world, id).state.status, get(world, id).state.pid], ["running", 101]);
  assert.deepEqual(world.containers.inspect(id).endpoints, before);
});

test("restart() keeps the sandbox for those who share it", async () => {
  using world = await listening();
  const id = await started(world, "pod");
  await started(world, "side", { networkMode: { kind: "container", containerId: "pod" } });
  const sandbox = world.networking.sandboxes.get(id);
  await world.containers.restart("pod", {});
  assert.equal(world.networking.sandboxes.get(id), sandbox);
  assert.deepEqual([get(world, "side").state.status, get(world, "side").sandboxId], ["running", id]);
});

test("an ended creator keeps its sandbox until the last who shares it has left, and is removed then", async () => {
  using world = await listening();
  const id = await started(world, "pod", { autoRemove: true });
  await started(world, "side", { networkMode: { kind: "container", containerId: "pod" } });
  await world.containers.stop("pod", {});
  assert.deepEqual([get(world, "pod").state.status, get(world, "pod").sandboxId], ["exited", id]);
  await assert.rejects(world.containers.remove("pod", { force: false }), code("CONTAINER_REFUSED"));
  const removed = world.containers.wait("pod", "removed", never);
  await world.containers.stop("side", {});
  assert.equal(await removed, 143);
  assert.deepEqual([world.state.containerNamed("pod"), world.networking.sandboxes.size], [undefined, 0]);
});

test("LIFE-25 remove() by force takes a creator away, and leaves its sandbox to those who share it", async () => {
  using world = await listening();
  await started(world, "pod");
  await started(world, "side", { networkMode: { kind: "container", containerId: "pod" } });
  await world.containers.remove("pod", { force: true });
  assert.deepEqual([world.state.containerNamed("pod"), get(world, "side").state.status], [undefined, "running"]);
  assert.equal(world.networking.sandboxes.size, 1);
  await world.containers.remove("side", { force: true });
  assert.deepEqual([world.state.containerNamed("side"), world.networking.sandboxes.size], [undefined, 0]);
});

test("container:NAME of a container that joined another joins that other one", async () => {
  using world = await listening();
  const id = await started(world, "pod");
  await started(world, "one", { networkMode: { kind: "container", containerId: "pod" } });
  await started(world, "two", { networkMode: { kind: "container", containerId: "one" } });
  assert.deepEqual([get(world, "two").sandboxId, get(world, "two").config.hostname], [id, id.slice(0, 12)]);
});

test("remove() refuses a running container, and by force ends it first", async () => {
  using world = await listening();
  const id = await started(world, "web");
  await assert.rejects(world.containers.remove(id, { force: false }), code("CONTAINER_UP"));
  await world.containers.remove(id, { force: true });
  const { store, processes, sandboxes, addresses, files } = world.snapshot();
  assert.deepEqual([store.length, processes, sandboxes, addresses, files], [1, [], [], [], []]);
  assert.deepEqual(world.actions(), ["create", "start", "kill", "die", "destroy"]);
});

test("remove() by force and start() at once end with nothing", async () => {
  using world = await listening();
  await started(world, "web");
  const removing = world.containers.remove("web", { force: true });
  const starts = await Promise.allSettled([1, 2, 3].map(() => world.containers.start("web")));
  await removing;
  assert.ok(starts.every(({ status }) => status === "rejected"));
  assert.deepEqual([world.state.containers.size, world.runtime.processes.size], [0, 0]);
});

test("remove() and start() of a stopped container: one wins, nothing is left of the other", async () => {
  using world = await listening();
  await world.containers.create(request("web"));
  const results = await Promise.allSettled([
    world.containers.start("web"),
    world.containers.remove("web", { force: false }),
  ]);
  assert.deepEqual(
    results.map(({ status }) => status),
    ["fulfilled", "rejected"],
  );
  assert.equal(world.networking.sandboxes.size, 1);
});

test("rename() changes names and keeps the old one free for others", async () => {
  using world = await listening();
  const id = await started(world, "web");
  await world.containers.create(request("db"));
  await assert.rejects(world.containers.rename("web", "db"), code("CONTAINER_EXISTS"));
  await world.containers.rename("web", "shop");
  await world.containers.create(request("web"));
  assert.deepEqual(
    [get(world, "shop").id, world.containers.inspect("shop").endpoints[0]?.endpoint.dnsNames],
    [id, ["shop"]],
  );
});

test("publish() and withdraw() change a running container and its starts to come", async () => {
  using world = await listening();
  const ask = (hostPort: number) =>
    ({ protocol: "tcp", containerPort: 80, hostIp: "", hostPort, hostPortEnd: hostPort }) as const;
  const id = await started(world, "web", { publish: [ask(8080)] });
  await world.containers.publish(id, [ask(9090)]);
  assert.deepEqual(
    get(world, id).ports.map((port) => port.hostPort),
    [8080, 9090],
  );
  await world.containers.withdraw(id, [{ protocol: "tcp", containerPort: 80, hostPort: 8080 }]);
  await world.containers.restart(id, {});
  assert.deepEqual(
    get(world, id).ports.map((port) => port.hostPort),
    [9090],
  );
  await assert.rejects(world.containers.withdraw(id, [{ protocol: "tcp", containerPort: 81 }]), code("INVALID"));
  await world.containers.stop(id, {});
  assert.deepEqual(await world.containers.publish(id, [ask(7070)]), []);
  await world.containers.withdraw(id, [{ protocol: "tcp", containerPort: 80 }]);
  assert.deepEqual(get(world, id).config.publish, []);
});

test("withdraw() of a port of -P writes the others out, so that it does not come back", async () => {
  using world = await listening();
  const exposed = [81, 82].map((port) => ({ protocol: "tcp", port }) as const);
  const { id } = await world.containers.create(request("web", { publishAll: true, exposed }));
  await world.containers.withdraw(id, [{ protocol: "tcp", containerPort: 81 }]);
  const { publish, publishAll } = get(world, id).config;
  assert.deepEqual([publish.map(({ containerPort }) => containerPort), publishAll], [[82], false]);
});

test("prune() removes what cannot be measured, too", async () => {
  using world = await listening();
  const id = await started(world, "web");
  await world.containers.stop("web", {});
  world.parts.images.writtenBytes = () => Promise.reject(new Error("EIO"));
  assert.deepEqual(await world.containers.prune({}), { removed: [id], reclaimedBytes: 0 });
});

test("LIFE-27 prune() removes what does not run, and tells what that had written", async () => {
  using world = await listening();
  await started(world, "web");
  const { id } = await world.containers.create(request("old", { labels: { a: "1" } }));
  assert.deepEqual(await world.containers.prune({ label: ["b"] }), { removed: [], reclaimedBytes: 0 });
  assert.deepEqual(await world.containers.prune({ label: ["a=1"] }), { removed: [id], reclaimedBytes: 5 });
  assert.equal(world.state.containers.size, 1);
});
