import assert from "node:assert/strict";
import { test } from "node:test";
import { capabilitiesOf, capabilitySets, containerCapabilities } from "./capabilities.ts";

const all = capabilitiesOf("1ffffffffff");
const nothing = { privileged: false, capAdd: [], capDrop: [] };

test("capabilitiesOf() reads a mask by the kernel's numbers", () => {
  assert.deepEqual(capabilitiesOf("10000003001"), [
    "CAP_CHOWN",
    "CAP_NET_ADMIN",
    "CAP_NET_RAW",
    "CAP_CHECKPOINT_RESTORE",
  ]);
  assert.equal(all.length, 41);
});

const cases = [
  { name: "fourteen by default", wanted: {}, count: 14, has: "CAP_NET_RAW", lacks: "CAP_NET_ADMIN" },
  { name: "one more", wanted: { capAdd: ["net_admin"] }, count: 15, has: "CAP_NET_ADMIN", lacks: "CAP_SYS_ADMIN" },
  { name: "one less", wanted: { capDrop: ["CAP_NET_RAW"] }, count: 13, has: "CAP_KILL", lacks: "CAP_NET_RAW" },
  { name: "all but one", wanted: { capAdd: ["all"], capDrop: ["bpf"] }, count: 40, has: "CAP_KILL", lacks: "CAP_BPF" },
  { name: "one only", wanted: { capAdd: ["KILL"], capDrop: ["ALL"] }, count: 1, has: "CAP_KILL", lacks: "CAP_CHOWN" },
  { name: "all when privileged", wanted: { privileged: true, capDrop: ["ALL"] }, count: 41, has: "CAP_BPF", lacks: "" },
];

for (const { name, wanted, count, has, lacks } of cases) {
  test(`containerCapabilities() gives ${name}`, () => {
    const given = containerCapabilities({ ...nothing, ...wanted }, all);
    assert.deepEqual([given.length, given.includes(has), given.includes(lacks)], [count, true, false]);
  });
}

test("containerCapabilities() hands out by default, and as ALL, only what there is", () => {
  const few = ["CAP_KILL", "CAP_BPF"];
  assert.deepEqual(containerCapabilities(nothing, few), ["CAP_KILL"]);
  assert.deepEqual(containerCapabilities({ ...nothing, capAdd: ["ALL"] }, few), few);
});

test("containerCapabilities() refuses a name that is none", () => {
  assert.throws(() => containerCapabilities({ ...nothing, capAdd: ["NET_ADMN"] }, all), { code: "INVALID" });
});

test("capabilitySets() leaves a user other than root the bound only", () => {
  assert.deepEqual(capabilitySets(["CAP_KILL"], 1), { bounding: ["CAP_KILL"] });
  assert.deepEqual(Object.keys(capabilitySets([], 0)), ["bounding", "effective", "permitted"]);
});
