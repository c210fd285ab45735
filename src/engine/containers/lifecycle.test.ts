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

async function listening(): Promise<World> {
  const world = new World();
  await listen(world.parts);
  return world;
}

test("create() writes container and endpoints down and starts nothing", async () => {
  using world = await listening();
  const { id } = await world.containers.create(request("web"));
  const { container, endpoints } = world.containers.inspect("web");
  assert.deepEqual(
    [container.id, container.state.status, container.config.hostname, endpoints.length, world.runtime.processes.size],
    [id, "created", id.slice(0, 12), 1, 0],
  );
});

test("create() makes names up, different ones", async () => {
  using world = await listening();
  await Promise.all(Array.from({ length: 20 }, () => world.containers.create(request(""))));
  const names = world.containers.list({ all: true, filters: {} }).map(({ container }) => container.name);
  assert.equal(new Set(names).size, 20);
  for (const name of names) assert.match(name, /^[a-z]+_[a-z]+\d*$/);
});

test("create() gives a name to one of many who ask for it at once", async () => {
  using world = await listening();
  const results = await Promise.allSettled([1, 2, 3, 4].map(() => world.containers.create(request("web"))));
  const refused = results.flatMap((result) => (result.status === "rejected" ? [result.reason.code] : []));
  assert.deepEqual(refused, ["CONTAINER_EXISTS", "CONTAINER_EXISTS", "CONTAINER_EXISTS"]);
  assert.equal(world.state.containers.size, 1);
});

const refused: { name: string; over: Partial<ContainerConfig>; with?: string }[] = [
  { name: "no command", over: { command: [] } },
  { name: "a signal that is none", over: { stopSignal: "SIGNAL" } },
  { name: "a DNS server that is no address", over: { dns: ["dns.example"] } },
  { name: "a search domain with an empty label", over: { dnsSearch: ["a..b"] } },
  { name: "a host without an address", over: { extraHosts: ["db:nowhere"] } },
  {
    name: "net sysctls in host mode",
    over: { networkMode: { kind: "host" }, sysctls: { "net.core.somaxconn": "1" } },
    with: "REFUSED",
  },
  {
    name: "DNS servers in container mode",
    over: { networkMode: { kind: "container", containerId: "x" }, dns: ["1.1.1.1"] },
    with: "REFUSED",
  },
  {
    name: "a host name of its own with the host's",
    over: { namespaces: { uts: "host" }, hostname: "h" },
    with: "REFUSED",
  },
  {
    name: "a port number beyond 65535",
    over: { publish: [{ protocol: "tcp", containerPort: 65536, hostIp: "", hostPort: 0, hostPortEnd: 0 }] },
  },
];
for (const { name, over, with: expected = "INVALID" } of refused) {
  test(`create() refuses ${name} and changes nothing`, async () => {
    using world = await listening();
    const before = world.snapshot();
    await assert.rejects(world.containers.create(request("web", over)), code(expected));
    assert.deepEqual(world.snapshot(), before);
  });
}

for (const name of ["a", "-web", "we b", "web/1", "é1", "x".repeat(201)]) {
  test(`create() refuses the name "${name.slice(0, 10)}"`, async () => {
    using world = await listening();
    await assert.rejects(world.containers.create(request(name)), code("INVALID"));
  });
}

test("start() runs it once, and says NOT_MODIFIED to who comes second", async () => {
  using world = await listening();
  await world.containers.create(request("web"));
  const results = await Promise.allSettled([world.containers.start("web"), world.containers.start("web")]);
  assert.deepEqual(
    results.map((result) => (result.status === "rejected" ? result.reason.code : "started")),
    ["started", "NOT_MODIFIED"],
  );
  assert.deepEqual(
    [get(world, "web").state.status, get(world, "web").state.pid, world.runtime.processes.size],
    ["running", 100, 1],
  );
});

/** Which step of which operation fails; each is tried until one goes through. */
const operations: {
  name: string;
  prepare?: (world: World) => Promise<unknown>;
  run: (world: World) => Promise<unknown>;
}[] = [
  { name: "create()", run: (world) => world.containers.create(request("web")) },
  {
    name: "start()",
    prepare: (world) => world.containers.create(request("web")),
    run: (world) => world.containers.start("web"),
  },
  {
    name: "remove()",
    prepare: (world) => world.containers.create(request("web")),
    run: (world) => world.containers.remove("web", { force: false }),
  },
  {
    name: "rename()",
    prepare: (world) => world.containers.create(request("web")),
    run: (world) => world.containers.rename("web", "shop"),
  },
  {
    name: "publish()",
    prepare: (world) => started(world, "web"),
    run: (world) =>
      world.containers.publish("web", [
        { protocol: "tcp", containerPort: 80, hostIp: "", hostPort: 8080, hostPortEnd: 8080 },
      ]),
  },
  {
    name: "withdraw()",
    prepare: (world) =>
      started(world, "web", {
        publish: [{ protocol: "tcp", containerPort: 80, hostIp: "", hostPort: 8080, hostPortEnd: 8080 }],
      }),
    run: (world) => world.containers.withdraw("web", [{ protocol: "tcp", containerPort: 80 }]),
  },
];
/** The reason of a failed start is meant to stay. */
function withoutReason(text: string): string {
  return text.replaceAll(/"exitCode":128,/g, '"exitCode":0,').replaceAll(/"error":"[^"]*"/g, '"error":""');
}
for (const { name, prepare, run } of operations) {
  test(`${name} leaves everything as it was, whichever step fails`, async () => {
    let steps = 0;
    for (let failAt = 0; ; failAt++) {
      using world = await listening();
      await prepare?.(world);
      const before = withoutReason(JSON.stringify(world.snapshot()));
      world.steps.reset(failAt);
      const failed = await run(world).then(
        () => false,
        () => true,
      );
      steps = world.steps.taken.length;
      if (!failed) break;
      assert.equal(withoutReason(JSON.stringify(world.snapshot())), before, `failed at ${world.steps.taken[failAt]}`);
    }
    assert.ok(steps >= 2, "nothing was injected");
  });
}

test("start() records why it failed, keeps the error's own code and removes an autoRemove container", async () => {
  using world = await listening();
  await world.containers.create(request("web"));
  world.runtime.onStart = () => {
    throw new Error('exec: "slep": executable file not found in $PATH');
  };
  await assert.rejects(world.containers.start("web"), code("START_FAILED"));
  const { status, error, exitCode } = get(world, "web").state;
  assert.deepEqual([status, exitCode, /not found/.test(error)], ["created", 127, true]);

  await world.containers.create(request("once", { autoRemove: true }));
  const removed = world.containers.wait("once", "removed", never);
  await assert.rejects(world.containers.start("once"), code("START_FAILED"));
  assert.equal(await removed, 127);
  assert.deepEqual([world.state.containerNamed("once"), world.runtime.disk.size], [undefined, 1]);
});

test("wait() gives the code of a command that ends before its start is written down", async () => {
  using world = await listening();
  const { id } = await world.containers.create(request("quick"));
  const waiting = world.containers.wait("quick", "next-exit", never);
  world.runtime.onStart = (container) => world.runtime.end(container, 3);
  await world.containers.start("quick");
  assert.equal(await waiting, 3);
  assert.deepEqual([get(world, id).state.status, get(world, id).state.exitCode], ["exited", 3]);
  assert.deepEqual(world.actions(), ["create", "start", "die"]);
  const ofNetworks = world.events.filter(({ type }) => type === "network");
  assert.deepEqual(
    ofNetworks.map(({ action, actor }) => [action, actor.attributes["container"]]),
    ["connect", "disconnect"].map((action) => [action, id]),
  );
});

test("wait() gives the code across autoRemove, whatever the condition", async () => {
  using world = await listening();
  const id = await started(world, "once", { autoRemove: true });
  const conditions = ["not-running", "next-exit", "removed"] as const;
  const waiting = conditions.map((condition) => world.containers.wait(id, condition, never));
  world.runtime.end(id, 7);
  assert.deepEqual(await Promise.all(waiting), [7, 7, 7]);
  assert.deepEqual(
    [world.state.containers.size, world.state.endpoints.size, world.networking.addresses.size, world.runtime.disk.size],
    [0, 0, 0, 0],
  );
});

test("wait() answers at once for not-running, and gives up with its caller", async () => {
  using world = await listening();
  const id = await started(world, "web");
  const gone = new AbortController();
  const waiting = world.containers.wait(id, "not-running", gone.signal);
  gone.abort(new Error("hung up"));
  await assert.rejects(waiting, /hung up/);
  await world.containers.kill(id, "KILL");
  assert.equal(await world.containers.wait(id, "not-running", never), 137);
});

test("wait() finds network and record settled when it resolves", async () => {
  using world = await listening();
  const id = await started(world, "web");
  const waiting = world.containers.wait(id, "next-exit", never).then(() => ({
    sandboxes: world.networking.sandboxes.size,
    status: get(world, id).state.status,
    sandboxId: get(world, id).sandboxId,
  }));
  world.runtime.end(id, 0);
  assert.deepEqual(await waiting, { sandboxes: 0, status: "exited", sandboxId: undefined });
});
