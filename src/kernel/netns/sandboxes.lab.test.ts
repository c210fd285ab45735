import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, readlinkSync, writeFileSync } from "node:fs";
import { test } from "node:test";
import { Rollback } from "../../base/rollback.ts";
import { labBridge, labEndpoint, openLabKernel } from "../lab-kernel.ts";

const own = () => readlinkSync("/proc/thread-self/ns/net");

test("create() pins a namespace with loopback up and later interfaces without IPv6", async () => {
  await using lab = openLabKernel();
  const { sandboxes } = lab.kernel;
  const home = own();
  sandboxes.create("a");
  assert.equal(own(), home);
  const [loopback, ...others] = lab.ip("a", "addr");
  const read = (name: string) =>
    execFileSync("nsenter", [`--net=${sandboxes.path("a")}`, "cat", `/proc/sys/net/ipv6/conf/${name}`], {
      encoding: "utf8",
    }).trim();
  assert.deepEqual(
    {
      others,
      up: loopback.flags.includes("UP"),
      addresses: loopback.addr_info.map(({ local }: { local: string }) => local),
      defaults: ["disable_ipv6", "accept_dad", "accept_ra"].map((name) => read(`default/${name}`)),
      loopbackDisabled: read("lo/disable_ipv6"),
    },
    { others: [], up: true, addresses: ["127.0.0.1", "::1"], defaults: ["1", "0", "0"], loopbackDisabled: "0" },
  );
  assert.deepEqual([sandboxes.list(), sandboxes.exists("a"), sandboxes.exists("b")], [["a"], true, false]);
});

test("create() says EEXIST for an id that is pinned, and leaves it alone", async () => {
  await using lab = openLabKernel();
  const { sandboxes } = lab.kernel;
  sandboxes.create("a");
  const before = sandboxes.runIn<string>("a", own);
  assert.throws(() => sandboxes.create("a"), { name: "KernelError", message: 'Cannot make sandbox "a": EEXIST' });
  assert.equal(sandboxes.runIn<string>("a", own), before);
});

test("remove() unpins, twice is success, and then create() makes another", async () => {
  await using lab = openLabKernel();
  const { sandboxes } = lab.kernel;
  sandboxes.create("a");
  await sandboxes.remove("a");
  await sandboxes.remove("a");
  assert.deepEqual([sandboxes.list(), sandboxes.exists("a")], [[], false]);
  sandboxes.create("a");
  assert.ok(sandboxes.exists("a"));
});

test("list() has a pin that a crash left without a namespace, exists() has not, remove() clears it away", async () => {
  await using lab = openLabKernel();
  const { sandboxes } = lab.kernel;
  writeFileSync(sandboxes.path("a"), "");
  assert.deepEqual([sandboxes.list(), sandboxes.exists("a")], [["a"], false]);
  assert.throws(() => sandboxes.runIn<void>("a", () => {}), { errno: "EINVAL" });
  assert.equal(lab.kernel.diff(labEndpoint("a")).length > 0, true);
  await sandboxes.remove("a");
  sandboxes.create("a");
  assert.ok(sandboxes.exists("a"));
});

test("runIn() nests, and comes home by return and by throw", async () => {
  await using lab = openLabKernel();
  const { sandboxes } = lab.kernel;
  for (const id of ["a", "b"]) sandboxes.create(id);
  const home = own();
  const seen = sandboxes.runIn<string[]>("a", () => [
    own(),
    sandboxes.runIn<string>("b", own),
    sandboxes.runIn<string>("host", own),
    own(),
  ]);
  const [a, b, host, again] = seen;
  assert.deepEqual([host, again, new Set([a, b, host]).size], [home, a, 3]);
  assert.throws(
    () =>
      sandboxes.runIn<void>("a", () => {
        throw new Error("inside");
      }),
    /inside/,
  );
  assert.equal(own(), home);
});

test("runIn() does not compile with an asynchronous body", async () => {
  await using lab = openLabKernel();
  const { sandboxes } = lab.kernel;
  // @ts-expect-error a promise would be settled when the thread has long come home
  const wrong = () => sandboxes.runIn("host", async () => {});
  assert.equal(typeof wrong, "function");
});

test("openKernel() finds the sandboxes of the process before it, and mounts its directory once", async () => {
  await using lab = openLabKernel();
  lab.kernel.sandboxes.create("a");
  const { openKernel } = await import("../open.ts");
  const { silentLog } = await import("../../base/log.ts");
  const next = openKernel({ execRoot: lab.execRoot, log: silentLog });
  assert.deepEqual([next.sandboxes.list(), next.sandboxes.exists("a")], [["a"], true]);
  await next.close();
  const mounts = readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .filter((line) => line.split(" ")[4] === `${lab.execRoot}/netns`);
  assert.equal(mounts.length, 1);
});

test("create() and remove() leak no descriptor and no mount in 200 rounds", async () => {
  await using lab = openLabKernel();
  const { kernel } = lab;
  kernel.apply(labBridge, new Rollback());
  const round = async () => {
    kernel.sandboxes.create("a");
    kernel.apply(labEndpoint("a"), new Rollback());
    // The near end of the pair goes with the namespace, in the kernel's own time: take it away first.
    await kernel.remove(labEndpoint("a"));
    await kernel.sandboxes.remove("a");
  };
  const open = () => ({
    descriptors: readdirSync("/proc/self/fd").length,
    mounts: readFileSync("/proc/self/mountinfo", "utf8").split("\n").length,
  });
  await round(); // starts the deletion thread
  const before = open();
  for (let count = 0; count < 200; count++) await round();
  assert.deepEqual(open(), before);
});
