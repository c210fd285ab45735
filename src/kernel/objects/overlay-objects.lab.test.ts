import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { afterEach, beforeEach, test } from "node:test";
import { KernelError } from "../../base/kernel-error.ts";
import { Rollback } from "../../base/rollback.ts";
import { hostNetns, type Kernel, type KernelObject, type VxlanObject } from "../../contracts/kernel.ts";
import { type LabKernel, openLabKernel } from "../lab-kernel.ts";

const mark = { owner: "network/n1", why: "network net1", netns: hostNetns };
const mac = "02:42:0a:09:00:02";
const vxlan: VxlanObject = {
  kind: "vxlan",
  ...mark,
  ...{ name: "fvx0", mac: "02:00:00:00:00:0f", mtu: 1450, master: "br-lab", vni: 4096, port: 4789 },
  ...{ local: "192.0.2.1", device: "under" },
};
const bridge: KernelObject = { kind: "bridge", ...mark, name: "br-lab", mac: "02:00:00:00:00:01", mtu: 1450 };
const port: KernelObject = {
  kind: "veth",
  ...mark,
  ...{ name: "flv2", mtu: 1450, master: "br-lab", isolated: false, learns: false },
  peer: { netns: "a", name: "eth0", mac },
};
const entry: KernelObject = { kind: "bridge-fdb", ...mark, link: "flv2", mac };
const all = [bridge, vxlan, port, entry];

/** As the lab kernel insists on a bare namespace, the underlay comes when it is open, and goes before it. */
const underlay = (mtu = 1500) => {
  execFileSync("ip", ["link", "add", "under", "mtu", String(mtu), "type", "veth", "peer", "name", "far"]);
  for (const link of ["under", "far"]) execFileSync("ip", ["link", "set", link, "up"]);
};

let lab: LabKernel;
beforeEach(() => {
  lab = openLabKernel();
  lab.kernel.sandboxes.create("a");
  underlay();
});
afterEach(async () => {
  execFileSync("sh", ["-c", "ip link del under 2>/dev/null || true"]);
  await lab[Symbol.asyncDispose]();
});

function make(kernel: Kernel, objects: readonly KernelObject[]): void {
  const rollback = new Rollback();
  kernel.apply(objects, rollback);
  rollback.commit();
}

/** The failure of making these, undone. */
async function refusal(objects: readonly KernelObject[]): Promise<KernelError> {
  try {
    await using rollback = new Rollback();
    lab.kernel.apply(objects, rollback);
  } catch (error) {
    assert.ok(error instanceof KernelError);
    return error;
  }
  return assert.fail("it was made");
}

for (const [family, local, mtu] of [
  ["IPv4", "192.0.2.1", 1450],
  ["IPv6", "2001:db8::1", 1430],
] as const) {
  test(`apply() makes a VXLAN device as a port of its bridge, underlay ${family}`, () => {
    make(lab.kernel, [bridge, { ...vxlan, local, mtu }]);
    const [link] = lab.ip(hostNetns, "-d", "addr", "show", "fvx0");
    const {
      id,
      learning = true,
      proxy,
      l2miss,
      l3miss,
      ttl,
      port: udp,
      link: device,
      ...data
    } = link.linkinfo.info_data;
    assert.deepEqual(
      [id, learning, proxy, l2miss, l3miss, ttl, udp, device, data.local ?? data.local6],
      [4096, true, true, undefined, undefined, 64, 4789, "under", local],
    );
    const { learning: learns, flood, multicast_router: router } = link.linkinfo.info_slave_data;
    assert.deepEqual(
      [link.master, link.mtu, link.address, link.flags.includes("UP"), link.addr_info, learns, flood, router],
      ["br-lab", mtu, "02:00:00:00:00:0f", true, [], false, true, 2],
    );
    assert.equal(link.ifalias, "fairlead network/n1 network net1");
    assert.deepEqual(lab.kernel.diff([bridge, { ...vxlan, local, mtu }]), []);
  });
}

test("apply() makes a port that neither learns nor is flooded, with a static entry for its MAC", () => {
  make(lab.kernel, all);
  const [link] = lab.ip(hostNetns, "-d", "link", "show", "flv2");
  const { learning, flood } = link.linkinfo.info_slave_data;
  assert.deepEqual([learning, flood], [false, false]);
  const found = execFileSync("bridge", ["-j", "fdb", "show", "br", "br-lab"], { encoding: "utf8" });
  const entries = (JSON.parse(found) as { mac: string; ifname: string; state: string }[]).filter(
    (one) => one.mac === mac,
  );
  assert.deepEqual(
    entries.map(({ ifname, state }) => [ifname, state]),
    [["flv2", "static"]],
  );
  assert.deepEqual(lab.kernel.diff(all), []);
});

const refusals: [what: string, object: KernelObject, errno: string, text: RegExp][] = [
  [
    "a VNI and port that a link has",
    { ...vxlan, name: "fvx1" },
    "EEXIST",
    /VNI 4096 on UDP port 4789 is in use on this host by link "fvx0"/,
  ],
  ["a name that a link has", { ...vxlan, vni: 4097 }, "EEXIST", /create link "fvx0": EEXIST$/],
  [
    "an MTU above the underlay's",
    { ...vxlan, name: "fvx1", vni: 4097, mtu: 1451 },
    "EINVAL",
    /MTU 1451 is more than 1450: "under" has 1500, and a tunnel takes 50/,
  ],
  [
    "one over IPv6",
    { ...vxlan, name: "fvx1", vni: 4097, local: "2001:db8::1", mtu: 1431 },
    "EINVAL",
    /1431 is more than 1430: .* takes 70/,
  ],
  [
    "an underlay that is not there",
    { ...vxlan, name: "fvx1", vni: 4097, device: "nosuch" },
    "ENODEV",
    /"fvx1": ENODEV \(its underlay "nosuch" is not there\)/,
  ],
  [
    "a bridge that is not there",
    { ...vxlan, name: "fvx1", vni: 4097, master: "nosuch" },
    "ENODEV",
    /its bridge "nosuch" is not there/,
  ],
  [
    "a second entry of a MAC",
    { ...entry, link: "fvx0" } as KernelObject,
    "EEXIST",
    /this MAC is that of flv2, fairlead network\/n1 network net1 already/,
  ],
  [
    "an entry of the bridge's own MAC",
    { ...entry, mac: bridge.mac } as KernelObject,
    "EEXIST",
    /this MAC is that of br-lab/,
  ],
];

for (const [what, object, errno, text] of refusals) {
  test(`OVL-116: apply() refuses ${what}, says why, and leaves what is there alone`, async () => {
    make(lab.kernel, all);
    const before = lab.snapshot();
    const error = await refusal([object]);
    assert.equal(error.errno, errno);
    assert.match(error.message, text);
    assert.deepEqual(lab.snapshot(), before);
    assert.deepEqual(lab.kernel.diff(all), []);
  });
}

test("apply() says that a VNI is in use by a device that was moved to another namespace", async () => {
  make(lab.kernel, all);
  execFileSync("ip", ["link", "set", "fvx0", "netns", lab.kernel.sandboxes.path("a")]);
  assert.match((await refusal([vxlan])).message, /VNI 4096 .* by a link that is now in another network namespace/);
});

test("apply() takes the place of an entry that the bridge learned, and leaves the host as it was when rolled back", async () => {
  const learning: KernelObject = { ...port, learns: true } as KernelObject;
  make(lab.kernel, [bridge, learning]);
  execFileSync("bridge", ["fdb", "add", mac, "dev", "flv2", "master", "dynamic"]);
  make(lab.kernel, [entry]);
  assert.deepEqual(lab.kernel.diff([entry]), []);
  await lab.kernel.remove([entry]);
  assert.deepEqual(
    lab.kernel.diff([entry]).map(({ problem }) => problem),
    ["missing"],
  );
});

test("apply() leaves the host as it was when it is rolled back after any of an overlay's objects", async () => {
  const before = lab.snapshot();
  for (let count = 1; count <= all.length; count++) {
    const rollback = new Rollback();
    lab.kernel.apply(all.slice(0, count), rollback);
    await rollback[Symbol.asyncDispose]();
    assert.deepEqual(lab.snapshot(), before, `after ${count} objects`);
  }
});

/** What somebody does, the objects that differ then, and whether the VXLAN device is made anew. */
const damages: [does: string, objects: string[], anew?: "anew"][] = [
  ["ip link del fvx0", ["vxlan fvx0 (VNI 4096)"], "anew"],
  ["ip link del fvx0; ip link add fvx0 type vxlan id 9 dstport 4789 dev under", ["vxlan fvx0 (VNI 4096)"], "anew"],
  [
    "ip link del fvx0; ip link add fvx0 type vxlan id 4096 dstport 4789 local 192.0.2.9 dev under ttl 64 proxy",
    ["vxlan fvx0 (VNI 4096)"],
    "anew",
  ],
  [
    "ip link del fvx0; ip link add fvx0 type vxlan id 4096 dstport 4789 local 192.0.2.1 dev far ttl 64 proxy",
    ["vxlan fvx0 (VNI 4096)"],
    "anew",
  ],
  ["ip link set fvx0 type vxlan id 4096 nolearning", ["vxlan fvx0 (VNI 4096)"], "anew"],
  ["ip link set fvx0 down", ["vxlan fvx0 (VNI 4096)"]],
  ["ip link set fvx0 nomaster", ["vxlan fvx0 (VNI 4096)"]],
  ["ip link set fvx0 mtu 1400", ["vxlan fvx0 (VNI 4096)"]],
  ["ip link set fvx0 address 02:00:00:00:00:77", ["vxlan fvx0 (VNI 4096)"]],
  ["ip link set fvx0 type bridge_slave learning on", ["vxlan fvx0 (VNI 4096)"]],
  ["ip link set fvx0 type bridge_slave flood off", ["vxlan fvx0 (VNI 4096)"]],
  ["ip link set flv2 type bridge_slave learning on", ["veth flv2 (eth0 in a)"]],
  ["ip link set flv2 type bridge_slave flood on", ["veth flv2 (eth0 in a)"]],
  [`bridge fdb del ${mac} dev flv2 master`, [`forwarding entry of ${mac} on flv2`]],
  [`bridge fdb replace ${mac} dev fvx0 master static`, [`forwarding entry of ${mac} on flv2`]],
  [`bridge fdb replace ${mac} dev flv2 master dynamic`, [`forwarding entry of ${mac} on flv2`]],
  ["ip link set flv2 nomaster", ["veth flv2 (eth0 in a)", `forwarding entry of ${mac} on flv2`]],
];

for (const [does, objects, anew] of damages) {
  test(`OVL-112: diff() sees "${does}", repair() mends it${anew ? " with a new device" : " in place"}`, () => {
    make(lab.kernel, all);
    const index = () => lab.ip(hostNetns, "link", "show", "fvx0")[0].ifindex;
    const before = index();
    execFileSync("sh", ["-c", does]);
    assert.deepEqual(
      lab.kernel.diff(all).map(({ object }) => object),
      objects,
    );
    lab.kernel.repair(all);
    assert.deepEqual(lab.kernel.diff(all), []);
    assert.equal(index() !== before, anew === "anew");
  });
}

test("repair() leaves somebody's link of another kind in place, and says that the name is taken", () => {
  make(lab.kernel, [bridge]);
  execFileSync("ip", ["link", "add", "fvx0", "type", "bridge"]);
  try {
    assert.throws(() => lab.kernel.repair([vxlan]), /create link "fvx0": EEXIST/);
    assert.equal(lab.ip(hostNetns, "-d", "link", "show", "fvx0")[0].linkinfo.info_kind, "bridge");
  } finally {
    execFileSync("ip", ["link", "del", "fvx0"]);
  }
});

test("an underlay that goes takes the device with it; when it is back, repair() makes the device anew", () => {
  make(lab.kernel, all);
  execFileSync("ip", ["link", "del", "under"]);
  assert.deepEqual(
    lab.kernel.diff(all).map(({ problem, object }) => [problem, object]),
    [["missing", "vxlan fvx0 (VNI 4096)"]],
  );
  assert.throws(() => lab.kernel.repair(all), /its underlay "under" is not there/);
  underlay();
  lab.kernel.repair(all);
  assert.deepEqual(lab.kernel.diff(all), []);
});

test("OVL-111: the 1,024th port of a bridge is refused with the number of ports that it can have", async () => {
  make(lab.kernel, [bridge, vxlan]);
  // Both ends of 511 pairs; down, for they are loops.
  const pairs = Array.from({ length: 511 }, (_, index) => [
    `link add p${index} type veth peer name q${index}`,
    `link set p${index} master br-lab`,
    `link set q${index} master br-lab`,
  ]);
  execFileSync("ip", ["-batch", "-"], { input: pairs.flat().join("\n") });
  const before = lab.ip(hostNetns, "link", "show", "master", "br-lab").length;
  assert.equal(before, 1023);
  const error = await refusal([port]);
  assert.deepEqual(
    [error.errno, error.kernelText],
    ["EXFULL", 'bridge "br-lab" has the 1,023 ports that a Linux bridge can have'],
  );
  assert.equal(lab.ip(hostNetns, "link", "show", "master", "br-lab").length, before);
  execFileSync("ip", ["-batch", "-"], { input: pairs.map((_, index) => `link set p${index} group 77`).join("\n") });
  execFileSync("ip", ["link", "del", "group", "77"]);
});
