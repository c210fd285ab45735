import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { after, before, beforeEach, test } from "node:test";
import { KernelError } from "../../base/kernel-error.ts";
import { Rollback } from "../../base/rollback.ts";
import type { RemoteAddress } from "../../contracts/forwarding.ts";
import { hostNetns, type KernelObject } from "../../contracts/kernel.ts";
import { type LabKernel, openLabKernel } from "../lab-kernel.ts";

const device = "fvx0";
const mark = { owner: "network/n1", why: "network net1", netns: hostNetns };
const objects: KernelObject[] = [
  { kind: "bridge", ...mark, name: "br-lab", mac: "02:00:00:00:00:01", mtu: 1450 },
  {
    kind: "vxlan",
    ...mark,
    ...{ name: device, mac: "02:00:00:00:00:0f", mtu: 1450, master: "br-lab", vni: 4096, port: 4789 },
    ...{ local: "192.0.2.1", device: "under" },
  },
];

const a4: RemoteAddress = { address: "10.9.0.5", mac: "02:42:0a:09:00:05", vtep: "192.0.2.5" };
const a6: RemoteAddress = { ...a4, address: "fd09::5" };
const b4: RemoteAddress = { address: "10.9.0.6", mac: "02:42:0a:09:00:06", vtep: "192.0.2.6" };
const wanted = [a4, a6, b4];
const state = {
  fdb: new Map([
    [a4.mac, a4.vtep],
    [b4.mac, b4.vtep],
  ]),
  neighbours: new Map([
    [a4.address, a4.mac],
    [a6.address, a6.mac],
    [b4.address, b4.mac],
  ]),
};
const nothing = { fdb: new Map(), neighbours: new Map() };

let lab: LabKernel;
const forwarding = () => lab.kernel.forwarding;
const shell = (command: string) => execFileSync("sh", ["-c", command], { encoding: "utf8" });
/** Entries of the device, ours and others', as iproute2 has them. */
const kernelHas = () => ({
  fdb: lines(`bridge fdb show dev ${device} | grep self || true`),
  neighbours: lines(`ip neigh show dev ${device}`),
});
const lines = (command: string) => {
  const found = shell(command)
    .split("\n")
    .map((line) => line.trim());
  return found.filter(Boolean).sort();
};

before(() => {
  lab = openLabKernel();
  shell("ip link add under type veth peer name far; ip link set under up; ip link set far up");
});
after(async () => {
  shell("ip link del under");
  await lab[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await lab.kernel.remove(objects);
  const rollback = new Rollback();
  lab.kernel.apply(objects, rollback);
  rollback.commit();
});

test("put() makes one forwarding entry a MAC and one neighbour an address, permanent and tagged as ours; read() finds them", () => {
  forwarding().put(device, wanted);
  assert.deepEqual(forwarding().read(device), state);
  assert.deepEqual(kernelHas(), {
    fdb: [
      "02:42:0a:09:00:05 dst 192.0.2.5 self extern_learn permanent",
      "02:42:0a:09:00:06 dst 192.0.2.6 self extern_learn permanent",
    ],
    neighbours: [
      "10.9.0.5 lladdr 02:42:0a:09:00:05 PERMANENT proto 102",
      "10.9.0.6 lladdr 02:42:0a:09:00:06 PERMANENT proto 102",
      "fd09::5 lladdr 02:42:0a:09:00:05 PERMANENT proto 102",
    ],
  });
});

const occupied: [what: string, command: string][] = [
  [
    "an entry of ours for another VTEP",
    `bridge fdb add ${a4.mac} dev ${device} dst 192.0.2.99 self extern_learn permanent`,
  ],
  [
    "a neighbour of ours with another MAC",
    `ip neigh add ${a4.address} lladdr 02:00:00:00:00:99 dev ${device} protocol 102`,
  ],
  ["a neighbour of others", `ip neigh add ${a4.address} lladdr 02:00:00:00:00:99 dev ${device}`],
  [
    "a neighbour that is being looked for",
    `ip neigh add ${a4.address} lladdr 02:00:00:00:00:99 dev ${device} nud stale`,
  ],
];

for (const [what, command] of occupied) {
  test(`put() takes the place of ${what}`, () => {
    shell(command);
    forwarding().put(device, wanted);
    assert.deepEqual(forwarding().read(device), state);
    assert.equal(kernelHas().fdb.length + kernelHas().neighbours.length, 5);
  });
}

test("put() of an address with a wrong MAC, VTEP or address changes nothing", () => {
  for (const wrong of [
    { ...b4, mac: "02:42" },
    { ...b4, vtep: "192.0.2" },
    { ...b4, address: "10.9.0.300" },
  ]) {
    assert.throws(() => forwarding().put(device, [a4, wrong]), /^EngineError: Invalid (MAC )?address: "/);
    assert.throws(() => forwarding().reconcile(device, [a4, wrong]), /^EngineError: Invalid (MAC )?address: "/);
    assert.deepEqual(forwarding().read(device), nothing);
  }
});

test("put(), drop(), read() and reconcile() name a device that is gone: ENODEV", () => {
  const calls = [
    () => forwarding().put("nosuch", wanted),
    () => forwarding().drop("nosuch", wanted),
    () => forwarding().read("nosuch"),
    () => forwarding().reconcile("nosuch", wanted),
  ];
  for (const call of calls)
    assert.throws(call, (error) => error instanceof KernelError && /"nosuch": ENODEV/.test(error.message));
});

test("put() names the entry that the kernel refuses: a VTEP of another family than the device's", () => {
  assert.throws(
    () => forwarding().put(device, [a4, { ...b4, vtep: "2001:db8::6" }]),
    /put forwarding entry of 02:42:0a:09:00:06 behind 2001:db8::6 on fvx0: EAFNOSUPPORT/,
  );
  forwarding().put(device, wanted); // answers to the one before are not taken for answers to this
  assert.deepEqual(forwarding().read(device), state);
});

test("drop() takes neighbours and entries away, keeps the entry of a MAC it is told to, and is content when all is gone", () => {
  forwarding().put(device, wanted);
  forwarding().drop(device, [a6], new Set([a4.mac]));
  const without = new Map(state.neighbours);
  without.delete(a6.address);
  assert.deepEqual(forwarding().read(device), { ...state, neighbours: without });
  forwarding().drop(device, wanted);
  assert.deepEqual(kernelHas(), { fdb: [], neighbours: [] });
  forwarding().drop(device, wanted);
});

test("drop() leaves an entry that has moved to another VTEP meanwhile", () => {
  forwarding().put(device, [{ ...a4, vtep: "192.0.2.77" }]);
  forwarding().drop(device, [a4]);
  assert.deepEqual(forwarding().read(device), { fdb: new Map([[a4.mac, "192.0.2.77"]]), neighbours: new Map() });
});

const damages: [does: string, put: number, dropped: number][] = [
  ["true", 0, 0],
  [`bridge fdb del ${a4.mac} dev ${device} dst ${a4.vtep} self`, 1, 0],
  [`ip neigh del ${a6.address} dev ${device}`, 1, 0],
  [`bridge fdb replace ${a4.mac} dev ${device} dst 192.0.2.99 self permanent`, 1, 0],
  [
    `bridge fdb del ${a4.mac} dev ${device} self; bridge fdb add ${a4.mac} dev ${device} dst 192.0.2.99 self permanent`,
    1,
    0,
  ],
  [
    `bridge fdb del ${a4.mac} dev ${device} self; bridge fdb add ${a4.mac} dev ${device} dst ${a4.vtep} self dynamic`,
    1,
    0,
  ],
  [`ip neigh replace ${a4.address} lladdr 02:00:00:00:00:99 dev ${device}`, 1, 0],
  [`ip neigh replace ${a4.address} lladdr ${a4.mac} dev ${device} nud stale`, 1, 0],
  [`bridge fdb add 02:00:00:00:00:99 dev ${device} dst 192.0.2.99 self extern_learn permanent`, 0, 1],
  [`ip neigh add 10.9.0.99 lladdr 02:00:00:00:00:99 dev ${device} protocol 102`, 0, 1],
  [`ip neigh add fd09::99 lladdr 02:00:00:00:00:99 dev ${device} protocol 102`, 0, 1],
  [`ip link set ${device} down; ip link set ${device} up`, 3, 0],
];

for (const [does, put, dropped] of damages) {
  test(`OVL-112: reconcile() after "${does}" puts ${put} and drops ${dropped}, and nothing the second time`, () => {
    forwarding().put(device, wanted);
    shell(does);
    assert.deepEqual(forwarding().reconcile(device, wanted), { put, dropped });
    assert.deepEqual(forwarding().reconcile(device, wanted), { put: 0, dropped: 0 });
    assert.deepEqual([...forwarding().read(device).neighbours].sort(), [...state.neighbours].sort());
    assert.equal(kernelHas().fdb.filter((line) => line.includes("permanent")).length, 2);
  });
}

test("OVL-112: reconcile() fills a device that was made anew", async () => {
  forwarding().put(device, wanted);
  await lab.kernel.remove(objects);
  lab.kernel.repair(objects);
  assert.deepEqual(forwarding().reconcile(device, wanted), { put: 5, dropped: 0 });
  assert.deepEqual(forwarding().read(device), state);
});

test("reconcile() moves an endpoint to another host with one entry, and understands every way to write an address", () => {
  forwarding().put(device, wanted);
  const moved = [a4, a6].map((one) => ({ ...one, vtep: "192.0.2.7", mac: one.mac.toUpperCase() }));
  assert.deepEqual(forwarding().reconcile(device, [...moved, b4]), { put: 1, dropped: 0 });
  const written = [{ ...moved[1], address: "FD09:0:0::0005" } as RemoteAddress, moved[0] as RemoteAddress, b4];
  assert.deepEqual(forwarding().reconcile(device, written), { put: 0, dropped: 0 });
});

test("OVL-113: entries of others are never read or touched", () => {
  shell(`bridge fdb add 02:00:00:00:00:aa dev ${device} dst 192.0.2.9 self permanent`);
  shell(`ip neigh add 10.9.0.170 lladdr 02:00:00:00:00:aa dev ${device} protocol 42`);
  const theirs = kernelHas();
  forwarding().put(device, wanted);
  assert.deepEqual(forwarding().read(device), state);
  assert.deepEqual(forwarding().reconcile(device, []), { put: 0, dropped: 5 });
  assert.deepEqual(kernelHas(), theirs);
  // What is right stays as it is, whoever made it.
  const same = [{ address: "10.9.0.170", mac: "02:00:00:00:00:aa", vtep: "192.0.2.9" }];
  assert.deepEqual(forwarding().reconcile(device, same), { put: 0, dropped: 0 });
  assert.deepEqual(forwarding().reconcile(device, []), { put: 0, dropped: 0 });
  assert.deepEqual(kernelHas(), theirs);
});

test("ten thousand addresses are put, compared, found gone and dropped in many messages a send", () => {
  const many = Array.from({ length: 10_000 }, (_, index) => {
    const [high, low] = [index >> 8, index & 255];
    const hex = (value: number) => value.toString(16).padStart(2, "0");
    return { address: `10.10.${high}.${low}`, mac: `02:42:0a:0a:${hex(high)}:${hex(low)}`, vtep: `198.51.100.${low}` };
  });
  forwarding().put(device, many);
  const { fdb, neighbours } = forwarding().read(device);
  assert.deepEqual([fdb.size, neighbours.size], [10_000, 10_000]);
  assert.deepEqual(forwarding().reconcile(device, many), { put: 0, dropped: 0 });
  assert.deepEqual(forwarding().reconcile(device, many.slice(0, 5_000)), { put: 0, dropped: 10_000 });
  forwarding().drop(device, many);
  forwarding().drop(device, many); // every message is refused
  assert.deepEqual(forwarding().read(device), nothing);
});
