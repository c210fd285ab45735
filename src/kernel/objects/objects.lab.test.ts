import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { KernelError } from "../../base/kernel-error.ts";
import { Rollback } from "../../base/rollback.ts";
import { hostNetns, type KernelObject } from "../../contracts/kernel.ts";
import { labBridge, labEndpoint, openLabKernel } from "../lab-kernel.ts";
import { UNFINISHED } from "./mark.ts";

const mark = { owner: "endpoint/e1", why: "web on net1" };
const errno = (name: string) => (error: unknown) => error instanceof KernelError && error.errno === name;

function make(
  kernel: { apply: (objects: readonly KernelObject[], rollback: Rollback) => void },
  objects: readonly KernelObject[],
) {
  const rollback = new Rollback();
  kernel.apply(objects, rollback);
  rollback.commit();
}

test("apply() makes a bridge up, with its MAC, MTU and mark", async () => {
  await using lab = openLabKernel();
  make(lab.kernel, labBridge);
  const [bridge] = lab.ip(hostNetns, "-d", "addr", "show", "br-lab");
  assert.deepEqual(
    {
      kind: bridge.linkinfo.info_kind,
      mac: bridge.address,
      mtu: bridge.mtu,
      up: bridge.flags.includes("UP"),
      alias: bridge.ifalias,
      addresses: bridge.addr_info.map((one: { local: string; prefixlen: number }) => `${one.local}/${one.prefixlen}`),
    },
    {
      kind: "bridge",
      mac: "02:00:00:00:00:01",
      mtu: 1400,
      up: true,
      alias: "fairlead endpoint/e1 web on net1",
      addresses: ["10.9.0.1/24", "fd09::1/64"],
    },
  );
  assert.deepEqual(lab.kernel.owned(), [{ name: "br-lab", owner: "endpoint/e1" }]);
});

test("owned() lists a link whose making was cut short, which has no mark yet, and none of others", async () => {
  await using lab = openLabKernel();
  execFileSync("ip", ["link", "add", "others", "type", "bridge"]);
  execFileSync("ip", ["link", "add", "half-made", "group", String(UNFINISHED), "type", "bridge"]);
  const owned = lab.kernel.owned();
  execFileSync("ip", ["link", "delete", "others"]);
  assert.deepEqual(owned, [{ name: "half-made", owner: "nobody/unfinished" }]);
});

test("apply() keeps a bridge's MTU when its last port goes", async () => {
  await using lab = openLabKernel();
  lab.kernel.sandboxes.create("a");
  make(lab.kernel, [...labBridge, ...labEndpoint("a")]);
  await lab.kernel.remove(labEndpoint("a"));
  assert.equal(lab.ip(hostNetns, "link", "show", "br-lab")[0].mtu, 1400);
});

test("apply() makes a veth pair: an isolated port at one end, MAC, addresses and routes at the other", async () => {
  await using lab = openLabKernel();
  lab.kernel.sandboxes.create("a");
  make(lab.kernel, [...labBridge, ...labEndpoint("a")]);
  const [near] = lab.ip(hostNetns, "-d", "addr", "show", "flv2");
  const [far] = lab.ip("a", "-d", "addr", "show", "eth0");
  const global = far.addr_info.filter((one: { scope: string }) => one.scope === "global");
  assert.deepEqual(
    {
      near: [
        near.master,
        near.linkinfo.info_slave_data.isolated,
        near.mtu,
        near.operstate,
        near.addr_info,
        near.ifalias,
      ],
      far: [
        far.address,
        far.mtu,
        far.operstate,
        global.map((one: { local: string }) => one.local),
        global[0].broadcast,
      ],
      tentative: global.filter((one: { tentative?: boolean }) => one.tentative),
      routes4: lab.ip("a", "-4", "route", "show", "default").map(({ dst, gateway, dev }) => [dst, gateway, dev]),
      routes6: lab.ip("a", "-6", "route", "show", "default").map(({ dst, gateway, dev }) => [dst, gateway, dev]),
    },
    {
      near: ["br-lab", true, 1400, "UP", [], "fairlead endpoint/e1 web on net1"],
      far: ["02:00:00:00:01:02", 1400, "UP", ["10.9.0.2", "fd09::2"], "10.9.0.255"],
      tentative: [],
      routes4: [["default", "10.9.0.1", "eth0"]],
      routes6: [["default", "fd09::1", "eth0"]],
    },
  );
  assert.deepEqual(lab.kernel.diff([...labBridge, ...labEndpoint("a")]), []);
});

test("apply() leaves the host as it was when it is rolled back after any object", async () => {
  await using lab = openLabKernel();
  lab.kernel.sandboxes.create("a");
  const before = lab.snapshot();
  const all = [...labBridge, ...labEndpoint("a")];
  for (let count = 1; count <= all.length; count++) {
    const rollback = new Rollback();
    lab.kernel.apply(all.slice(0, count), rollback);
    await rollback[Symbol.asyncDispose]();
    assert.deepEqual(lab.snapshot(), before, `after ${count} objects`);
  }
});

test("apply() undoes what it made when a later object fails, and the error has the kernel's words", async () => {
  await using lab = openLabKernel();
  lab.kernel.sandboxes.create("a");
  make(lab.kernel, labBridge);
  const before = lab.snapshot();
  const wrong: KernelObject = {
    kind: "route",
    ...mark,
    netns: "a",
    link: "eth0",
    destination: "10.1.0.0/16",
    gateway: "192.0.2.1",
  };
  await assert.rejects(
    async () => {
      await using rollback = new Rollback();
      lab.kernel.apply([...labEndpoint("a"), wrong], rollback);
    },
    { name: "KernelError", errno: "ENETUNREACH", kernelText: "Nexthop has invalid gateway" },
  );
  assert.deepEqual(lab.snapshot(), before);
});

for (const [index, object] of [...labBridge, ...labEndpoint("a")].entries()) {
  if (object.kind === "route" || object.kind === "sysctl") continue;
  test(`apply() says EEXIST for a second ${object.kind} (object ${index}) and leaves the first alone`, async () => {
    await using lab = openLabKernel();
    lab.kernel.sandboxes.create("a");
    make(lab.kernel, [...labBridge, ...labEndpoint("a")]);
    const before = lab.snapshot();
    const rollback = new Rollback();
    assert.throws(() => lab.kernel.apply([{ ...object, why: "another" }], rollback), errno("EEXIST"));
    await rollback[Symbol.asyncDispose]();
    assert.deepEqual(lab.snapshot(), before);
    assert.deepEqual(lab.kernel.diff([...labBridge, ...labEndpoint("a")]), []);
  });
}

test("apply() replaces a route, and its undo puts the former one back", async () => {
  await using lab = openLabKernel();
  lab.kernel.sandboxes.create("a");
  make(lab.kernel, [...labBridge, ...labEndpoint("a")]);
  const before = lab.snapshot();
  const other = {
    kind: "route",
    ...mark,
    netns: "a",
    link: "eth0",
    destination: "0.0.0.0/0",
    gateway: "10.9.0.7",
  } as const;
  const rollback = new Rollback();
  lab.kernel.apply([other], rollback);
  assert.deepEqual(
    lab.ip("a", "-4", "route", "show", "default").map(({ gateway }) => gateway),
    ["10.9.0.7"],
  );
  await rollback[Symbol.asyncDispose]();
  assert.deepEqual(lab.snapshot(), before);
});

test("apply() refuses a sysctl outside net/ and, unless it is optional, one that is not there", async () => {
  await using lab = openLabKernel();
  const sysctl = (key: string, optional: boolean) => [
    { kind: "sysctl", ...mark, netns: hostNetns, key, value: "1", optional } as const,
  ];
  const run = (key: string, optional: boolean) => lab.kernel.apply(sysctl(key, optional), new Rollback());
  assert.throws(() => run("kernel/panic", true), errno("EPERM"));
  assert.throws(() => run("net/../kernel/panic", true), errno("EPERM"));
  assert.throws(() => run("net/ipv4/conf/nosuch/forwarding", false), errno("ENOENT"));
  run("net/ipv4/conf/nosuch/forwarding", true);
});

test("apply() names a sandbox that is not there, and makes nothing", async () => {
  await using lab = openLabKernel();
  make(lab.kernel, labBridge);
  const before = lab.snapshot();
  assert.throws(() => lab.kernel.apply(labEndpoint("nosuch"), new Rollback()), /Cannot open sandbox "nosuch": ENOENT/);
  assert.deepEqual(lab.snapshot(), before);
});

/** What somebody does to the host or the sandbox, and what diff() then says of which object. */
const damages = [
  {
    netns: "host",
    does: "link del br-lab",
    objects: [
      "bridge br-lab",
      "address 10.9.0.1/24 on br-lab",
      "address fd09::1/64 on br-lab",
      "veth flv2 (eth0 in a)",
    ],
  },
  { netns: "host", does: "link set br-lab down", objects: ["bridge br-lab", "address fd09::1/64 on br-lab"] },
  { netns: "host", does: "link set br-lab address 02:00:00:00:00:99", objects: ["bridge br-lab"] },
  { netns: "host", does: "link set br-lab mtu 1300", objects: ["bridge br-lab"] },
  { netns: "host", does: "addr del 10.9.0.1/24 dev br-lab", objects: ["address 10.9.0.1/24 on br-lab"] },
  { netns: "host", does: "link set flv2 nomaster", objects: ["veth flv2 (eth0 in a)"] },
  { netns: "host", does: "link set flv2 down", objects: ["veth flv2 (eth0 in a)"] },
  { netns: "host", does: "link set flv2 type bridge_slave isolated off", objects: ["veth flv2 (eth0 in a)"] },
  {
    netns: "host",
    does: "link del flv2",
    objects: [
      "veth flv2 (eth0 in a)",
      "address 10.9.0.2/24 on eth0",
      "address fd09::2/64 on eth0",
      "route to 0.0.0.0/0 through 10.9.0.1 on eth0",
      "route to ::/0 through fd09::1 on eth0",
    ],
  },
  { netns: "a", does: "link set eth0 address 02:00:00:00:00:98", objects: ["veth flv2 (eth0 in a)"] },
  {
    netns: "a",
    does: "addr del 10.9.0.2/24 dev eth0",
    objects: ["address 10.9.0.2/24 on eth0", "route to 0.0.0.0/0 through 10.9.0.1 on eth0"],
  },
  { netns: "a", does: "route replace default via 10.9.0.9", objects: ["route to 0.0.0.0/0 through 10.9.0.1 on eth0"] },
  { netns: "a", does: "-6 route del default", objects: ["route to ::/0 through fd09::1 on eth0"] },
];

for (const { netns, does, objects } of damages) {
  test(`diff() sees "ip ${does}" in ${netns}, repair() mends it`, async () => {
    await using lab = openLabKernel();
    lab.kernel.sandboxes.create("a");
    const all = [...labBridge, ...labEndpoint("a")];
    make(lab.kernel, all);
    lab.ip(netns, ...does.split(" "));
    assert.deepEqual(
      lab.kernel.diff(all).map(({ object }) => object),
      objects,
    );
    lab.kernel.repair(all);
    assert.deepEqual(lab.kernel.diff(all), []);
    execFileSync("nsenter", [`--net=${lab.kernel.sandboxes.path("a")}`, "ping", "-c", "1", "-W", "5", "10.9.0.1"]);
  });
}

test("diff() of a sandbox that is gone says so of everything in it", async () => {
  await using lab = openLabKernel();
  const differences = lab.kernel.diff(labEndpoint("nosuch"));
  assert.deepEqual(new Set(differences.map(({ problem }) => problem)), new Set(["missing"]));
});

test("repair() makes everything when nothing is there, and does nothing the second time", async () => {
  await using lab = openLabKernel();
  lab.kernel.sandboxes.create("a");
  const all = [...labBridge, ...labEndpoint("a")];
  lab.kernel.repair(all);
  assert.deepEqual(lab.kernel.diff(all), []);
  const before = lab.snapshot();
  lab.kernel.repair(all);
  assert.deepEqual(lab.snapshot(), before);
});

test("repair() does not touch somebody's link of another kind, and goes on with the rest", async () => {
  await using lab = openLabKernel();
  lab.kernel.sandboxes.create("a");
  make(lab.kernel, labBridge);
  lab.ip(hostNetns, "link", "add", "flv2", "type", "bridge");
  try {
    const other = labEndpoint("a", 3);
    assert.throws(() => lab.kernel.repair([...labEndpoint("a"), ...other]), /create link "flv2": EEXIST/);
    assert.deepEqual(lab.kernel.diff(other), []);
    assert.equal(lab.ip(hostNetns, "-d", "link", "show", "flv2")[0].linkinfo.info_kind, "bridge");
  } finally {
    lab.ip(hostNetns, "link", "del", "flv2");
  }
});

test("remove() removes many objects at once and takes what is gone for success", async () => {
  await using lab = openLabKernel();
  const before = lab.snapshot();
  const ids = ["a", "b", "c", "d"];
  for (const id of ids) lab.kernel.sandboxes.create(id);
  const endpoints = ids.map((id, index) => labEndpoint(id, index + 2));
  make(lab.kernel, [...labBridge, ...endpoints.flat()]);
  lab.ip(hostNetns, "link", "del", "flv3");
  await lab.kernel.sandboxes.remove("d");
  await Promise.all([...endpoints.map((objects) => lab.kernel.remove(objects)), lab.kernel.remove(labBridge)]);
  await Promise.all([lab.kernel.remove([...labBridge, ...endpoints.flat()]), lab.kernel.removeLink("flv2")]);
  await Promise.all(ids.map((id) => lab.kernel.sandboxes.remove(id)));
  assert.deepEqual(lab.snapshot(), before);
});

test("remove() takes single addresses and routes off a link that stays", async () => {
  await using lab = openLabKernel();
  lab.kernel.sandboxes.create("a");
  make(lab.kernel, [...labBridge, ...labEndpoint("a")]);
  const [, , address4, , , route6] = labEndpoint("a");
  await lab.kernel.remove([address4, route6].filter((object) => object !== undefined));
  assert.deepEqual(
    lab.ip("a", "-4", "addr", "show", "eth0").flatMap(({ addr_info }) => addr_info),
    [],
  );
  assert.deepEqual(lab.ip("a", "-6", "route", "show", "default"), []);
});
