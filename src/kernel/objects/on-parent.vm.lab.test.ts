import assert from "node:assert/strict";
import { test } from "node:test";
import { type LinkKind, lacksLinkKind } from "../../../lab/link-kinds.ts";
import { KernelError } from "../../base/kernel-error.ts";
import { Rollback } from "../../base/rollback.ts";
import { hostNetns, type KernelObject, type ParentedObject } from "../../contracts/kernel.ts";
import { type LabKernel, openLabKernel } from "../lab-kernel.ts";

const mark = { owner: "endpoint/e1", why: "web on lan" };
const inside = { ...mark, netns: "a", name: "eth0", mtu: 1400, parent: "wire0" } as const;
const macvlan = { kind: "macvlan", ...inside, mac: "02:00:00:00:02:02", mode: "bridge" } as const;
const ipvlan = { kind: "ipvlan", ...inside, mode: "l2", flag: "private" } as const;
const vlan = { kind: "vlan", ...mark, netns: hostNetns, name: "wire0.50", parent: "wire0", id: 50 } as const;

/** A host with a sandbox "a" and a parent "wire0", whose other end stands for the LAN. */
function wired(): LabKernel {
  const lab = openLabKernel();
  lab.kernel.sandboxes.create("a");
  addWire(lab);
  return lab;
}

function addWire(lab: LabKernel): void {
  lab.ip(hostNetns, "link", "add", "wire0", "type", "veth", "peer", "name", "wire1");
  for (const name of ["wire0", "wire1"]) lab.ip(hostNetns, "link", "set", name, "up");
}

const cutWire = (lab: LabKernel) => lab.ip(hostNetns, "link", "del", "wire0");

/** Runs a test for each kind that this kernel has. */
function eachKind(title: string, body: (lab: LabKernel, object: ParentedObject) => Promise<void> | void): void {
  for (const object of [macvlan, ipvlan, vlan]) {
    test(`${object.kind}: ${title}`, { skip: lacksLinkKind(object.kind) }, async () => {
      await using lab = wired();
      await body(lab, object);
      if (lab.kernel.links(hostNetns).some(({ name }) => name === "wire0")) cutWire(lab);
    });
  }
}

const made = (lab: LabKernel, ...objects: KernelObject[]) => lab.kernel.apply(objects, new Rollback());
const addressOf = ({ netns, name: link }: ParentedObject): KernelObject => ({
  ...{ kind: "address", ...mark, netns, link, address: "10.9.0.2/24" },
});
const infoOf = (lab: LabKernel, { netns, name }: ParentedObject) => lab.ip(netns, "-d", "link", "show", name)[0];

eachKind("apply() makes it in its namespace, with our mark, up, on its parent", (lab, object) => {
  made(lab, object, addressOf(object));
  const link = infoOf(lab, object);
  const { info_kind, info_data } = link.linkinfo;
  const data = { macvlan: ["bridge"], ipvlan: ["l2", true], vlan: [50] }[object.kind];
  assert.deepEqual(
    {
      kind: info_kind,
      data: kindData(info_data),
      alias: link.ifalias,
      group: link.group,
      up: link.flags.includes("UP"),
    },
    { kind: object.kind, data, alias: "fairlead endpoint/e1 web on lan", group: "default", up: true },
  );
  if (object.kind !== "vlan") assert.equal(link.mtu, 1400);
  if (object.kind === "macvlan") assert.equal(link.address, object.mac);
  assert.deepEqual(lab.kernel.diff([object, addressOf(object)]), []);
});

// biome-ignore lint/suspicious/noExplicitAny: iproute2's JSON
const kindData = ({ mode, flags, id, private: isPrivate }: any) =>
  id === undefined ? [mode, ...(isPrivate === undefined && flags === undefined ? [] : [true])] : [id];

eachKind(
  "apply() rolled back, and remove(), leave the host as it was; removing what is gone is no failure",
  async (lab, object) => {
    const before = lab.snapshot();
    const rollback = new Rollback();
    lab.kernel.apply([object, addressOf(object)], rollback);
    await rollback[Symbol.asyncDispose]();
    assert.deepEqual(lab.snapshot(), before);
    made(lab, object, addressOf(object));
    await lab.kernel.remove([object, addressOf(object)]);
    assert.deepEqual(lab.snapshot(), before);
    made(lab, object);
    cutWire(lab);
    await lab.kernel.remove([object, addressOf(object)]);
    assert.deepEqual(
      lab.kernel.links(object.netns).map(({ name }) => name),
      ["lo"],
    );
  },
);

eachKind("a parent that went away takes it along, and repair() brings it back with the parent", (lab, object) => {
  const all = [object, addressOf(object)];
  made(lab, ...all);
  cutWire(lab);
  assert.match(lab.kernel.diff(all)[0]?.detail ?? "", /its parent "wire0" is not there/);
  assert.throws(() => lab.kernel.repair(all), refusal("ENODEV", /this host has no link "wire0"/));
  addWire(lab);
  lab.kernel.repair(all);
  assert.deepEqual(lab.kernel.diff(all), []);
});

eachKind("apply() makes it on a parent that is down, but for a VLAN, of which it says what to do", (lab, object) => {
  lab.ip(hostNetns, "link", "set", "wire0", "down");
  if (object.kind !== "vlan") {
    made(lab, object, addressOf(object));
    assert.deepEqual(lab.kernel.diff([object, addressOf(object)]), []);
    return;
  }
  assert.throws(() => made(lab, object), refusal("ENETDOWN", /"wire0" is down: ip link set wire0 up/));
});

eachKind("diff() sees what others change, repair() mends it", (lab, object) => {
  const all = [object, addressOf(object)];
  made(lab, ...all);
  const { netns, name } = object;
  const changes: readonly string[][] = [
    ["link", "set", name, "down"],
    ["link", "set", name, "alias", "other"],
    ["link", "del", name],
    ...(object.kind === "macvlan" ? [["link", "set", name, "address", "02:00:00:00:02:99"]] : []),
    ...(object.kind === "macvlan" ? [["link", "set", name, "type", "macvlan", "mode", "private"]] : []),
    ...(object.kind === "ipvlan" ? [["link", "set", name, "type", "ipvlan", "mode", "l3"]] : []),
    ...(object.kind === "vlan" ? [] : [["link", "set", name, "mtu", "1300"]]),
  ];
  for (const change of changes) {
    lab.ip(netns, ...change);
    assert.notDeepEqual(lab.kernel.diff(all), [], change.join(" "));
    lab.kernel.repair(all);
    assert.deepEqual(lab.kernel.diff(all), [], change.join(" "));
  }
});

eachKind("apply() says EEXIST for a second one of the name and leaves the first alone", (lab, object) => {
  made(lab, object);
  assert.throws(() => made(lab, { ...object, why: "another" }), refusal("EEXIST", /./));
  assert.deepEqual(lab.kernel.diff([object]), []);
});

const refusal = (errno: string, words: RegExp) => (error: unknown) =>
  error instanceof KernelError && error.errno === errno && words.test(error.message);

interface Refusal {
  readonly what: string;
  readonly needs: readonly LinkKind[];
  readonly wrong: KernelObject;
  readonly before: (lab: LabKernel) => unknown;
  readonly errno: string;
  readonly words: RegExp;
}

const second = { ...macvlan, name: "eth1", mac: "02:00:00:00:02:03" };
const passthru = { ...second, mode: "passthru", mac: "" } as const;

const refusals: readonly Refusal[] = [
  {
    what: "a parent that is a port of a bridge",
    needs: ["macvlan"],
    wrong: macvlan,
    before(lab) {
      lab.ip(hostNetns, "link", "add", "bridge0", "type", "bridge");
      lab.ip(hostNetns, "link", "set", "wire0", "master", "bridge0");
    },
    errno: "EBUSY",
    words: /"wire0" is a port of "bridge0"; use "bridge0" as the parent/,
  },
  {
    what: "ipvlan beside macvlan",
    needs: ["macvlan", "ipvlan"],
    wrong: { ...ipvlan, name: "eth1" },
    before: (lab) => made(lab, macvlan),
    errno: "EBUSY",
    words: /"wire0" carries links of kind macvlan, beside which it cannot carry ipvlan/,
  },
  {
    what: "macvlan beside ipvlan",
    needs: ["macvlan", "ipvlan"],
    wrong: second,
    before: (lab) => made(lab, ipvlan),
    errno: "EBUSY",
    words: /"wire0" carries links of kind ipvlan, beside which it cannot carry macvlan/,
  },
  {
    what: "mode passthru beside another",
    needs: ["macvlan"],
    wrong: passthru,
    before: (lab) => made(lab, macvlan),
    errno: "EINVAL",
    words: /mode passthru needs "wire0" for itself/,
  },
  {
    what: "another beside mode passthru",
    needs: ["macvlan"],
    wrong: second,
    before: (lab) => made(lab, { ...passthru, name: "eth0" }),
    errno: "EINVAL",
    words: /another link on "wire0" is in mode passthru/,
  },
  {
    what: "a MAC that another has",
    needs: ["macvlan"],
    wrong: { ...second, mac: macvlan.mac },
    before: (lab) => made(lab, macvlan),
    errno: "EADDRINUSE",
    words: /another link on "wire0" has the MAC 02:00:00:00:02:02 already/,
  },
  {
    what: "an MTU larger than the parent's",
    needs: ["macvlan"],
    wrong: { ...macvlan, mtu: 9000 },
    before() {},
    errno: "EINVAL",
    words: /its MTU of 9000 bytes is larger than that of "wire0", 1500/,
  },
  {
    what: "the loopback",
    needs: ["macvlan"],
    wrong: { ...macvlan, parent: "lo" },
    before() {},
    errno: "EINVAL",
    words: /"lo" is the loopback/,
  },
];

for (const { what, needs, wrong, before, errno, words } of refusals) {
  test(`apply() refuses ${what} in words, and undo leaves nothing`, { skip: firstLack(needs) }, async () => {
    await using lab = wired();
    before(lab);
    const was = lab.snapshot();
    const rollback = new Rollback();
    assert.throws(() => lab.kernel.apply([wrong], rollback), refusal(errno, words));
    await rollback[Symbol.asyncDispose]();
    assert.deepEqual(lab.snapshot(), was);
    cutWire(lab);
    for (const { name } of lab.kernel.links(hostNetns)) if (name === "bridge0") lab.ip(hostNetns, "link", "del", name);
  });
}

function firstLack(kinds: readonly LinkKind[]): string | false {
  return kinds.map(lacksLinkKind).find((lack) => lack !== false) ?? false;
}

test("a kernel without a kind says so", {
  skip: lacksLinkKind("ipvlan") === false && "this kernel has ipvlan",
}, async () => {
  await using lab = wired();
  assert.throws(() => made(lab, ipvlan), refusal("EOPNOTSUPP", /this kernel has no ipvlan \(module ipvlan\)/));
  cutWire(lab);
});

test("mode passthru has its parent's MAC, and mending it leaves that alone", async () => {
  await using lab = wired();
  const one = { ...passthru, name: "eth0" };
  made(lab, one);
  const macOf = (netns: string, name: string) => lab.kernel.links(netns).find((link) => link.name === name)?.mac;
  const mac = macOf(hostNetns, "wire0");
  assert.equal(macOf("a", "eth0"), mac);
  lab.ip("a", "link", "set", "eth0", "down");
  lab.kernel.repair([one]);
  assert.deepEqual([lab.kernel.diff([one]), macOf(hostNetns, "wire0")], [[], mac]);
  cutWire(lab);
});

test("a sandbox that is removed frees MACs and parent at once", async () => {
  await using lab = wired();
  for (let round = 0; round < 5; round++) {
    made(lab, { ...passthru, name: "eth0" });
    await lab.kernel.sandboxes.remove("a");
    lab.kernel.sandboxes.create("a");
    made(lab, macvlan);
    await lab.kernel.sandboxes.remove("a");
    lab.kernel.sandboxes.create("a");
  }
  cutWire(lab);
});

test("neighbours and routes on a link are made, seen, mended and removed", async () => {
  await using lab = wired();
  const shim = { ...macvlan, netns: hostNetns, name: "shim0" };
  const on = { ...mark, netns: hostNetns, link: "shim0" };
  const way: readonly KernelObject[] = [
    { kind: "neighbour", ...on, address: "10.9.0.2", mac: macvlan.mac },
    { kind: "neighbour", ...on, address: "fd09::2", mac: macvlan.mac },
    { kind: "route", ...on, destination: "10.9.0.2/32" },
    { kind: "route", ...on, destination: "fd09::2/128" },
  ];
  made(lab, shim, { kind: "address", ...on, address: "fd09::3/128" });
  const before = lab.snapshot();
  const neighbours = () => lab.ip(hostNetns, "neigh", "show", "nud", "permanent", "dev", "shim0");
  made(lab, ...way);
  assert.deepEqual(
    neighbours().map(({ dst, lladdr }) => [dst, lladdr]),
    [
      ["10.9.0.2", macvlan.mac],
      ["fd09::2", macvlan.mac],
    ],
  );
  assert.throws(() => made(lab, way[0] as KernelObject), refusal("EEXIST", /neighbour 10.9.0.2 on shim0/));
  for (const does of [
    ["neigh", "del", "10.9.0.2", "dev", "shim0"],
    ["neigh", "replace", "fd09::2", "lladdr", "02:00:00:00:02:99", "dev", "shim0", "nud", "permanent"],
    ["neigh", "replace", "fd09::2", "lladdr", macvlan.mac, "dev", "shim0", "nud", "stale"],
    ["route", "del", "10.9.0.2/32", "dev", "shim0"],
  ]) {
    lab.ip(hostNetns, ...does);
    assert.equal(lab.kernel.diff(way).length, 1, does.join(" "));
    lab.kernel.repair(way);
    assert.deepEqual(lab.kernel.diff(way), []);
  }
  await lab.kernel.remove(way);
  assert.deepEqual([lab.snapshot(), neighbours()], [before, []]);
  cutWire(lab);
});

test("a table and the rule that leads to it are made, seen, mended and removed", async () => {
  await using lab = wired();
  const on = { ...mark, netns: "a" };
  const routes: readonly KernelObject[] = [
    { kind: "route", ...on, link: "eth0", destination: "10.9.0.0/24", table: 1080 },
    { kind: "route", ...on, link: "eth0", destination: "0.0.0.0/0", gateway: "10.9.0.1", table: 1080 },
    { kind: "rule", ...on, source: "10.9.0.2", table: 1080 },
    { kind: "rule", ...on, source: "fd09::2", table: 1080 },
  ];
  made(lab, macvlan, addressOf(macvlan));
  const before = lab.snapshot();
  made(lab, ...routes);
  assert.deepEqual(lab.ip("a", "route", "get", "192.0.2.1", "from", "10.9.0.2")[0]?.gateway, "10.9.0.1");
  for (const does of [
    ["rule", "del", "from", "10.9.0.2", "table", "1080"],
    ["-6", "rule", "del", "from", "fd09::2", "table", "1080"],
    ["route", "del", "default", "table", "1080"],
  ]) {
    lab.ip("a", ...does);
    assert.equal(lab.kernel.diff(routes).length, 1, does.join(" "));
    lab.kernel.repair(routes);
    assert.deepEqual(lab.kernel.diff(routes), []);
  }
  await lab.kernel.remove(routes);
  assert.deepEqual(lab.snapshot(), before);
  const rules = ["-4", "-6"].flatMap((family) => lab.ip("a", family, "rule").filter(({ table }) => table === "1080"));
  assert.deepEqual(rules, []);
  cutWire(lab);
});
