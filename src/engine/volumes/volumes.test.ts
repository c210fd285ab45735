import assert from "node:assert/strict";
import { test } from "node:test";
import type { ContainerConfig, Mount } from "../../model/container.ts";
import { request, World } from "../containers/fakes.ts";
import { restoreVolumes, restoreVolumeUse } from "./restore.ts";
import { volumeUseCases } from "./use-cases.ts";

const volumes = (world: World) => volumeUseCases(world.parts.volumes);
const plain = (name: string) => ({ name, driver: "" });
const mountOf = (source: string, target: string, more: Partial<Mount> = {}): Mount => ({
  ...{ type: "volume", source, target, readOnly: false, options: [] },
  ...more,
});
const make = (world: World, name: string, config: Partial<ContainerConfig>) =>
  world.containers.create(request(name, config));
const told = (world: World) =>
  world.events.filter(({ type }) => type === "volume").map(({ action, actor }) => `${action} ${actor.id}`);

const names: Readonly<Record<string, RegExp>> = {
  a: /^create a: volume name is too short, names should be at least two alphanumeric characters$/,
  "a b": /^create a b: "a b" includes invalid characters for a local volume name, only "\[a-zA-Z0-9\]/,
  "../x": /includes invalid characters/,
  ".new-x": /includes invalid characters/,
  [`v${"x".repeat(255)}`]: /longer than 255 bytes/,
};

for (const [name, message] of Object.entries(names)) {
  test(`create() refuses the volume name ${name.slice(0, 10)}`, async () => {
    using world = new World();
    await assert.rejects(volumes(world).create(plain(name)), { message });
  });
}

const options: readonly (readonly [Record<string, string>, RegExp | undefined])[] = [
  [{}, undefined],
  [{ type: "tmpfs", device: "tmpfs", o: "size=1m" }, undefined],
  [{ type: "none", device: "/srv", o: "bind" }, undefined],
  [{ device: "/srv", o: "bind" }, undefined],
  [{ type: "nfs", o: "addr=10.0.0.1" }, /missing device in volume options/],
  [{ device: "/dev/sda1" }, /missing type in volume options/],
  [{ colour: "red" }, /invalid option: "colour"/],
];

for (const [asked, message] of options) {
  test(`create() ${message ? "refuses" : "takes"} the options ${JSON.stringify(asked)}`, async () => {
    using world = new World();
    const created = volumes(world).create({ ...plain("data"), options: asked });
    if (message) await assert.rejects(created, { message });
    else await created;
  });
}

test("create() returns what is there, and refuses other options and other drivers", async () => {
  using world = new World();
  const tmpfs = { ...plain("data"), options: { type: "tmpfs" } };
  const { volume } = await volumes(world).create(tmpfs);
  assert.equal((await volumes(world).create(tmpfs)).volume, volume);
  assert.equal((await volumes(world).create(plain("data"))).volume, volume);
  await assert.rejects(volumes(world).create({ ...tmpfs, options: { type: "none" } }), { code: "VOLUME_REFUSED" });
  const other = { ...tmpfs, options: { type: "tmpfs", o: "size=1m" } };
  await assert.rejects(volumes(world).create(other), { code: "VOLUME_EXISTS" });
  await assert.rejects(volumes(world).create({ ...plain("x1"), driver: "rexray" }), {
    code: "VOLUME_DRIVER_NOT_FOUND",
  });
  assert.deepEqual(told(world), ["create data"]);
});

test("a volume without a name is an anonymous one", async () => {
  using world = new World();
  const { volume } = await volumes(world).create(plain(""));
  assert.match(volume.name, /^[0-9a-f]{64}$/);
  assert.deepEqual(volume.labels, { "com.docker.volume.anonymous": "" });
});

test("remove() refuses a volume in use, running or not, and is content by force with one that is not there", async () => {
  using world = new World();
  const { id } = await make(world, "web", { mounts: [mountOf("data", "/data")] });
  await assert.rejects(volumes(world).remove("data", { force: true }), {
    message: `remove data: volume is in use - [${id}]`,
  });
  await world.containers.remove("web", { force: false });
  await volumes(world).remove("data", { force: false });
  await assert.rejects(volumes(world).remove("data", { force: false }), { message: "get data: no such volume" });
  await volumes(world).remove("data", { force: true });
  assert.deepEqual(told(world), ["create data", "destroy data"]);
});

test("list() filters by name, label, driver and use", async () => {
  using world = new World();
  await volumes(world).create({ ...plain("alpha"), labels: { tier: "1" } });
  await make(world, "web", { mounts: [mountOf("beta", "/data")] });
  const found = (filters: Record<string, string[]>) =>
    volumes(world)
      .list(filters)
      .map(({ volume }) => volume.name);
  assert.deepEqual(found({}), ["alpha", "beta"]);
  assert.deepEqual(found({ name: ["lph"] }), ["alpha"]);
  assert.deepEqual(found({ label: ["tier=1"] }), ["alpha"]);
  assert.deepEqual(found({ "label!": ["tier"] }), ["beta"]);
  assert.deepEqual(found({ driver: ["nfs"] }), []);
  assert.deepEqual(found({ dangling: ["true"] }), ["alpha"]);
  assert.deepEqual(found({ dangling: ["0"] }), ["beta"]);
  assert.throws(() => found({ dangling: ["x"] }), { code: "INVALID" });
});

test("prune() takes anonymous volumes that nobody uses, all of them when asked to", async () => {
  using world = new World();
  await volumes(world).create(plain("named"));
  const anonymous = (await volumes(world).create(plain(""))).volume.name;
  await make(world, "web", { storage: { volumes: ["/v"] } });
  assert.deepEqual((await volumes(world).prune({})).removed, [anonymous]);
  assert.deepEqual((await volumes(world).prune({ all: ["true"], label: ["x"] })).removed, []);
  assert.deepEqual((await volumes(world).prune({ all: ["true"] })).removed, ["named"]);
  assert.equal(volumes(world).list({}).length, 1);
});

test("a container's volumes are made with it, filled from its image, and named when they have no name", async () => {
  using world = new World();
  world.volumeFiles.content.set("/data", ["file"]);
  const { id } = await make(world, "web", {
    mounts: [
      mountOf("data", "/data"),
      mountOf("", "/anonymous"),
      mountOf("empty", "/data2", { volume: { noCopy: true } }),
    ],
    storage: { volumes: ["/image", "/data"] },
  });
  const mounts = world.containers.inspect(id).container.config.mounts;
  assert.deepEqual(
    mounts.map(({ target, volume }) => [target, volume?.anonymous ?? false]),
    [
      ["/data", false],
      ["/anonymous", true],
      ["/data2", false],
      ["/image", true],
    ],
  );
  assert.deepEqual(world.volumeFiles.settled.get("data"), ["file"]);
  assert.equal(world.volumeFiles.staged.size, 0);
  assert.equal(world.state.volumes.size, 4);
});

test("--volumes-from brings the mounts of another container, read-only where either says so", async () => {
  using world = new World();
  await make(world, "one", { mounts: [mountOf("data", "/data"), mountOf("", "/a", { readOnly: false })] });
  const { id } = await make(world, "two", { storage: { volumesFrom: ["one:ro"] }, mounts: [mountOf("own", "/data")] });
  const { mounts } = world.containers.inspect(id).container.config;
  assert.deepEqual(
    mounts.map(({ target, readOnly }) => [target, readOnly]),
    [
      ["/a", true],
      ["/data", false],
    ],
  );
  assert.equal(mounts[1]?.source, "own");
});

test("anonymous volumes go with the last container that has them, if that is asked for", async () => {
  using world = new World();
  await make(world, "one", { storage: { volumes: ["/v"] } });
  await make(world, "two", { storage: { volumesFrom: ["one"] } });
  await world.containers.remove("one", { force: false, volumes: true });
  assert.equal(world.state.volumes.size, 1);
  await world.containers.remove("two", { force: false, volumes: true });
  assert.deepEqual(
    [world.state.volumes.size, world.volumeFiles.names()],
    [0, { settled: [], staged: [], retired: [] }],
  );
  await make(world, "three", { storage: { volumes: ["/v"] } });
  await world.containers.remove("three", { force: false });
  assert.equal(world.state.volumes.size, 1);
});

test("a create that fails at any step leaves no volume", async () => {
  using world = new World();
  const create = () => make(world, "web", { mounts: [mountOf("data", "/data")], storage: { volumes: ["/v"] } });
  const before = world.snapshot();
  const dry = new World();
  await make(dry, "web", { mounts: [mountOf("data", "/data")], storage: { volumes: ["/v"] } });
  const count = dry.steps.taken.length;
  assert.ok(dry.steps.taken.includes("volumes.copyUp"));
  for (let at = 0; at < count; at++) {
    world.steps.reset(at);
    await assert.rejects(create(), /injected/);
    assert.deepEqual(world.snapshot(), before, dry.steps.taken[at] ?? "");
  }
});

test("a daemon that was killed finds every volume's directory again, or removes what has no record", async () => {
  using world = new World();
  await volumes(world).create(plain("kept"));
  world.volumeFiles.retire("kept"); // a removal that had not been committed
  world.volumeFiles.stage("unborn"); // a create that had not been committed
  world.volumeFiles.retired.set("gone", []); // a removal that had been
  await volumes(world).create(plain("again"));
  world.volumeFiles.settled.set("again", ["new"]);
  world.volumeFiles.retired.set("again", ["old"]); // of an earlier one, which could not be erased then
  await restoreVolumes(world.parts.volumes);
  assert.deepEqual(world.volumeFiles.names(), { settled: ["again", "kept"], staged: [], retired: [] });
  assert.deepEqual(world.volumeFiles.settled.get("again"), ["new"]);
});

test("a volume that cannot be filled once it is mounted is unmounted again, and filled by its next user", async () => {
  using world = new World();
  await volumes(world).create({ ...plain("data"), options: { type: "tmpfs" } });
  await make(world, "web", { mounts: [mountOf("data", "/data")] });
  world.volumeFiles.content.set("/data", ["file"]);
  world.volumeFiles.onStep = (name) => {
    if (name === "volumes.copyUp") throw new Error("no space left");
  };
  await assert.rejects(world.containers.start("web"), /no space left/);
  assert.deepEqual(world.volumeFiles.mounted(), []);
  world.volumeFiles.onStep = () => {};
  await world.containers.start("web");
  assert.deepEqual([world.volumeFiles.mounted(), world.volumeFiles.settled.get("data")], [["data"], ["file"]]);
});

test("a volume with a file system is mounted for its first user and unmounted with its last", async () => {
  using world = new World();
  await volumes(world).create({ ...plain("data"), options: { type: "tmpfs" } });
  for (const name of ["one", "two"]) await make(world, name, { mounts: [mountOf("data", "/data")] });
  const mounted = () => [...world.volumeFiles.mounts];
  assert.deepEqual(mounted(), []);
  for (const name of ["one", "two"]) await world.containers.start(name);
  await world.containers.stop("one", {});
  assert.deepEqual(mounted(), ["data"]);
  // Killed and started again: who uses it is counted anew.
  const next = world.reborn();
  await restoreVolumeUse(next.parts.volumes, [next.containers.inspect("two").container]);
  assert.deepEqual(mounted(), ["data"]);
  await restoreVolumeUse(next.parts.volumes, []);
  assert.deepEqual(mounted(), []);
  const events = ["create data", "mount data", "mount data", "unmount data"];
  assert.deepEqual(told(world).slice(0, 4), events);
});
